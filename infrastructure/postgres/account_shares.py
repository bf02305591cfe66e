"""How much of a pool each account may use at once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar
from uuid import UUID

from application.ports.queries import TooManyQueries

T = TypeVar("T")

MAX_WAITING = 64  # works of an account that wait for its share; more are refused at once


# A work that takes longer than this costs the others time.
CHEAP_SECONDS = 0.02
# An account that has spent more than the first of these seconds lately has half of its share: a
# place rests for as long as its work took, at most for the last. The second is how fast it ends.
FREE_SECONDS, FORGOTTEN_PER_SECOND, MAX_REST_SECONDS = 1.0, 0.5, 0.5


class Share:
    """Runs at most `most` of the works that are given to it at once; the others wait in order."""

    def __init__(
        self,
        most: int,
        *,
        on_idle: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_idle` is called when no work runs or waits any more, and no place rests."""
        self._free = asyncio.Semaphore(most)
        self._on_idle = on_idle
        self._clock = clock
        self._spent, self._spent_at = 0.0, clock()
        self.users = 0  # works that run or wait, and places that rest

    @property
    def full(self) -> bool:
        return self._free.locked()

    async def hold(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run the work as soon as there is a place, and keep the place until it has ended."""
        self.users += 1
        try:
            await self._free.acquire()
        except BaseException:
            self._leave()
            raise
        began = self._clock()
        try:
            return await work()
        finally:
            if rest := self._rest_after(self._clock() - began):
                asyncio.get_running_loop().call_later(rest, self._release)
            else:
                self._release()

    def _rest_after(self, took: float) -> float:
        """Return the seconds for which the place of a work rests that took so many."""
        if took <= CHEAP_SECONDS:
            return 0.0
        before, self._spent_at = self._spent_at, self._clock()
        forgotten = (self._spent_at - before) * FORGOTTEN_PER_SECOND
        self._spent = max(0.0, self._spent - forgotten) + took
        return min(took, MAX_REST_SECONDS) if self._spent > FREE_SECONDS else 0.0

    def _release(self) -> None:
        self._free.release()
        self._leave()

    def _leave(self) -> None:
        self.users -= 1
        if not self.users:
            self._on_idle()


class AccountShares:
    """A share of the same size for every account that asks at the moment."""

    def __init__(self, *, each: int) -> None:
        self._each = each
        self._shares: dict[UUID, Share] = {}

    def is_full(self, account: UUID) -> bool:
        """Return whether the account uses its whole share."""
        share = self._shares.get(account)
        return share is not None and share.full

    async def hold(self, account: UUID, work: Callable[[], Awaitable[T]]) -> T:
        """Run the work within the share of the account.

        Raises:
            TooManyQueries: too many works of the account wait already.
        """
        share = self._shares.get(account)
        if share is None:
            forget = partial(self._shares.pop, account, None)
            share = self._shares[account] = Share(self._each, on_idle=forget)
        if share.users >= self._each + MAX_WAITING:
            raise TooManyQueries
        return await share.hold(work)
