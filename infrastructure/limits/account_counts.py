"""How many tasks, series, lists and so on an account has, as far as a process needs to know."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import TypeAlias

READ_SECONDS = 60.0  # seconds for which a count from the view is used
LAG_SECONDS = 2.0  # seconds by which the view may be behind
SHARE = 8  # with a count from the view, a process gives away this part of what is left
REFUSE_SECONDS = 1.0  # seconds for which a count at the limit is used
MAX_ACCOUNTS = 10_000  # accounts whose count a process remembers

# Counts an account's rows of one kind, up to a number.
Count: TypeAlias = Callable[[str, int], Awaitable[int]]


class _Known:
    """A count that was read, and what was added since. Times are of a monotonic clock."""

    def __init__(self, counted: int, before: "_Known | None", now: float) -> None:
        self.read_at = now
        # What was added shortly before may not be in the view yet: counted twice rather than not.
        recent = before.recent if before else ()
        self.recent: deque[tuple[float, int]] = deque(
            (at, number) for at, number in recent if at > now - LAG_SECONDS
        )
        self._from = counted + sum(number for _, number in self.recent)
        self._added = 0

    @property
    def count(self) -> int:
        return self._from + self._added

    def left(self, most: int) -> int:
        """Return how many may be added before the view has to be asked again."""
        return max(1, (most - self._from) // SHARE) - self._added

    def add_within(self, most: int, number: int, now: float) -> bool:
        """Add so many if that is within the limit, and the view need not be asked again."""
        if self.count + number > most or number > self.left(most):
            return False
        if now - self.read_at >= READ_SECONDS:
            return False
        self.add(number, now)
        return True

    def add(self, number: int, now: float) -> None:
        self._added += number
        self.recent.append((now, number))
        while self.recent[0][0] < now - LAG_SECONDS:
            self.recent.popleft()


class AccountCounts:
    """Holds the number of one kind of thing that each account has below a limit.

    The number is read from a view, at most once a minute while there is room. An account may exceed
    the limit by what it adds in other processes while the view lags behind: each gives away an
    eighth of what is left before it asks the view again.
    """

    def __init__(self, count: Count, *, most: int) -> None:
        self.most = most
        self._count = count
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._reading: dict[str, asyncio.Task[_Known]] = {}

    def add_at_once(self, account: str, number: int) -> bool:
        """Add so many if what is known allows it; return whether it does."""
        known = self._known.get(account)
        if known is None:
            return False
        self._known.move_to_end(account)
        return known.add_within(self.most, number, time.monotonic())

    async def add(self, account: str, number: int) -> bool:
        """Add so many, and return True; or return False if that would be more than `most`.

        Raises:
            Unavailable: the view cannot be read.
        """
        known = self._recently_read(account, number) or await self._read(account)
        if known.count + number > self.most:
            return False
        known.add(number, time.monotonic())
        return True

    def _recently_read(self, account: str, number: int) -> _Known | None:
        """Return what is known, if it is enough to decide."""
        known = self._known.get(account)
        if known is None:
            return None
        self._known.move_to_end(account)
        age = time.monotonic() - known.read_at
        if known.count + number > self.most:
            # A client that ignores refusals does not cause queries.
            return known if age < REFUSE_SECONDS else None
        return known if age < READ_SECONDS and number <= known.left(self.most) else None

    async def _read(self, account: str) -> _Known:
        """Read the count, once for all that ask at the same time."""
        reading = self._reading.get(account)
        if reading is None:
            reading = self._reading[account] = asyncio.create_task(self._read_count(account))
            reading.add_done_callback(lambda done: self._end_reading(account, done))
        return await asyncio.shield(reading)

    async def _read_count(self, account: str) -> _Known:
        counted = await self._count(account, self.most + 1)
        known = _Known(counted, self._known.get(account), time.monotonic())
        self._known[account] = known
        self._known.move_to_end(account)
        if len(self._known) > MAX_ACCOUNTS:
            self._known.popitem(last=False)
        return known

    def _end_reading(self, account: str, reading: "asyncio.Task[_Known]") -> None:
        del self._reading[account]
        if not reading.cancelled():
            reading.exception()  # those who wait for it have got it
