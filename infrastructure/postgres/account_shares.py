"""How many connections, and how much of their time, each account may use while others ask too."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from application.ports.queries import TooManyQueries

T = TypeVar("T")

MAX_WAITING = 64  # works of an account that wait for its share; more are refused at once

# While other accounts ask as well, an account may use the first of these seconds at once, and
# the second of each second that passes.
FREE_SECONDS, SECONDS_PER_SECOND = 0.5, 0.25
# A single work that took very long delays the next by a second, not by minutes.
MAX_DEBT_SECONDS = 0.25
# The seconds for which the request of another account matters.
SHARED_SECONDS = 1.0


class Share:
    """Runs at most `most` of the works that are given to it at once; the others wait in order.

    While `shared` returns True the works wait as well until the time that the account has spent is
    within its allowance, and run one at a time when half of the free seconds are spent. Time is
    counted always, so that an account that was alone pays for the last of it when others come.
    """

    def __init__(
        self,
        most: int,
        *,
        shared: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._shared = shared
        self._clock = clock
        self._spent, self._spent_at = 0.0, clock()
        self._running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def users(self) -> int:
        """How many works run or wait."""
        return self._running + len(self._waiting)

    @property
    def full(self) -> bool:
        """Whether a work that came now would have to wait."""
        return bool(self._waiting) or self._running >= self._places()

    @property
    def spent(self) -> float:
        """The seconds that were spent lately."""
        passed = self._clock() - self._spent_at
        return max(0.0, self._spent - passed * SECONDS_PER_SECOND)

    async def hold(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run the work as soon as there is a place, and keep the place until it has ended."""
        await self._take_place()
        began = self._clock()
        try:
            return await work()
        finally:
            self.charge(self._clock() - began)
            self._running -= 1
            self._start_next()

    async def rest(self) -> None:
        """Wait for a place, and use it for nothing."""
        await self.hold(_nothing)

    def charge(self, seconds: float) -> None:
        """Count time that was spent for the account."""
        spent, self._spent_at = self.spent + seconds, self._clock()
        self._spent = min(spent, FREE_SECONDS + MAX_DEBT_SECONDS)

    def _places(self) -> int:
        """Return how many works may run now."""
        spent = self.spent if self._shared() else 0.0
        if spent > FREE_SECONDS:
            return 0
        return 1 if spent > FREE_SECONDS / 2 else self._most

    async def _take_place(self) -> None:
        if not self.full:
            self._running += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._start_next()
        try:
            await place
        except BaseException:
            if place.done() and not place.cancelled():
                self._running -= 1  # the place came at the moment in which nobody wanted it
            elif place in self._waiting:
                self._waiting.remove(place)
            self._start_next()
            raise

    def _start_next(self) -> None:
        """Give places to those that wait, or come back when the account has rested."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        places = self._places()
        while self._waiting and self._running < places:
            place = self._waiting.popleft()
            if not place.done():  # who waited may have given up in this turn of the loop
                self._running += 1
                place.set_result(None)
        if self._waiting and not places:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._rest_seconds(), self._start_next)

    def _rest_seconds(self) -> float:
        # A little longer than the rest: a clock that rounds down would end it too early.
        return max(0.0, self.spent - FREE_SECONDS) / SECONDS_PER_SECOND + 0.001


async def _nothing() -> None:
    pass


class AccountShares:
    """A share of the same size for every account that asks at the moment."""

    def __init__(self, *, each: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._each = each
        self._clock = clock
        self._shares: dict[UUID, Share] = {}
        self._swept_at = clock()
        self._last: UUID | None = None
        self._shared_at = -SHARED_SECONDS

    def notice(self, account: UUID) -> None:
        """Note that the account sent a request, of whatever kind."""
        if account != self._last:
            if self._last is not None:
                self._shared_at = self._clock()
            self._last = account

    @property
    def shared(self) -> bool:
        """Whether requests of several accounts came within the last second."""
        return self._clock() - self._shared_at < SHARED_SECONDS

    async def hold(self, account: UUID, work: Callable[[], Awaitable[T]]) -> T:
        """Run the work within the share of the account.

        Raises:
            TooManyQueries: too many works of the account wait already.
        """
        share = self.of(account)
        if share.users >= self._each + MAX_WAITING:
            raise TooManyQueries
        return await share.hold(work)

    def of(self, account: UUID) -> Share:
        """Return the share of the account, with what it has spent lately."""
        self._sweep()
        share = self._shares.get(account)
        if share is None:
            share = self._shares[account] = Share(
                self._each, shared=lambda: self.shared, clock=self._clock
            )
        return share

    def _sweep(self) -> None:
        """Forget, once a second, the accounts that use nothing and have nothing to pay for."""
        if self._clock() - self._swept_at < 1.0:
            return
        self._swept_at = self._clock()
        idle = [key for key, share in self._shares.items() if not (share.users or share.spent)]
        for account in idle:
            del self._shares[account]
