"""How many tasks, series, lists and so on an account has, as far as a process needs to know."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple, TypeAlias

READ_SECONDS = 60.0  # seconds for which a count from the view is used
LAG_SECONDS = 10.0  # seconds by which the view may be behind
SHARE = 8  # with a count from the view, a process gives away this part of what is left
REFUSE_SECONDS = 1.0  # seconds for which a count at the limit is used
MAX_ACCOUNTS = 10_000  # accounts whose count a process remembers


class Counted(NamedTuple):
    """How many rows of an account a view had at a position of the log."""

    number: int
    position: int


# Counts an account's rows of one kind, up to a number.
Count: TypeAlias = Callable[[str, int], Awaitable[Counted]]


class Addition:
    """So many things that a request adds, or with a negative number removes.

    What is added counts at once, what is removed when it is `recorded`.
    """

    __slots__ = ("at", "number", "places")

    def __init__(self, number: int, at: float) -> None:
        self.number = number
        self.at = at
        self.places: tuple[tuple[int, int], ...] = ()  # positions, and how many each adds

    @property
    def pending(self) -> int:
        """How many of them count while it is not known whether they are in the log."""
        return max(0, self.number)

    def beyond(self, position: int) -> int:
        """Return how many of them a view at a position of the log does not show."""
        if not self.places:
            return self.pending
        return sum(number for place, number in self.places if place > position)


class _Known:
    """A count that was read, and what was added since. Times are of a monotonic clock."""

    def __init__(self, counted: Counted, before: "_Known | None", now: float) -> None:
        self.read_at = now
        self.position = counted.position
        recent = before.recent if before else deque[Addition]()
        self.recent: deque[Addition] = deque(each for each in recent if each.at > now - LAG_SECONDS)
        self._from = counted.number + sum(each.beyond(counted.position) for each in self.recent)
        self._added = 0

    @property
    def count(self) -> int:
        return self._from + self._added

    def left(self, most: int) -> int:
        """Return how many may be added before the view has to be asked again."""
        return max(1, (most - self._from) // SHARE) - self._added

    def has_room(self, most: int, number: int, now: float) -> bool:
        """Return whether so many are within the limit, and the view need not be asked again."""
        if self.count + number > most or number > self.left(most):
            return False
        return now - self.read_at < READ_SECONDS

    def add(self, number: int, now: float) -> Addition:
        addition = Addition(number, now)
        self._added += addition.pending
        self.recent.append(addition)
        while self.recent[0].at < now - LAG_SECONDS:
            self.recent.popleft()
        return addition

    def change(self, addition: Addition, number: int) -> None:
        """Count an addition, which is `recent`, so many more than before."""
        if number and addition in self.recent:
            self._added += number


class AccountCounts:
    """Holds the number of one kind of thing that each account has below a limit.

    The number is read from a view, at most once a minute while there is room. What this process
    added, and the view does not show yet, counts as well. An account may exceed the limit by what
    it adds in other processes while the view lags behind: each gives away an eighth of what is left
    before it asks the view again.
    """

    def __init__(self, count: Count, *, most: int) -> None:
        self.most = most
        self._count = count
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._reading: dict[str, asyncio.Task[_Known]] = {}

    def add_at_once(self, account: str, number: int) -> Addition | None:
        """Add so many if what is known allows it; return None if it does not."""
        known = self._known.get(account)
        now = time.monotonic()
        if known is None or (number > 0 and not known.has_room(self.most, number, now)):
            return None
        self._known.move_to_end(account)
        return known.add(number, now)

    async def add(self, account: str, number: int) -> Addition | None:
        """Add so many; or return None if that would be more than `most`.

        Raises:
            Unavailable: the view cannot be read.
        """
        known = self._recently_read(account, number) or await self._read(account)
        if known.count + number > self.most:
            return None
        return known.add(number, time.monotonic())

    def recorded(self, account: str, addition: Addition, places: Iterable[tuple[int, int]]) -> None:
        """Take note of the log positions of an addition, and how many each of them adds."""
        pending, addition.places = addition.pending, tuple(places)
        known = self._known.get(account)
        if known is not None:
            known.change(addition, addition.beyond(known.position) - pending)

    def refused(self, account: str, addition: Addition) -> None:
        """Take an addition back that was not recorded."""
        known = self._known.get(account)
        if known is not None:
            known.change(addition, -addition.pending)
        addition.number = 0

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
