"""How many things an account has is known exactly, however far the view is behind."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from infrastructure.limits.account_counts import AccountCounts, Addition, Counted

ADA = "ada"


class Log:
    """A log of additions, and a view that shows those up to `shown`."""

    def __init__(self) -> None:
        self.added: list[int] = []
        self.shown = 0
        self.reads = 0

    async def count(self, account: str, most: int) -> Counted:
        self.reads += 1
        return Counted(min(most, sum(self.added[: self.shown])), self.shown)

    def append(self, number: int) -> list[tuple[int, int]]:
        """Record so many additions of one; return their places."""
        sign = 1 if number > 0 else -1
        first = len(self.added) + 1
        self.added += [sign] * abs(number)
        return [(first + each, sign) for each in range(abs(number))]


@pytest.fixture
def forward(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets so many seconds pass."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def pass_seconds(seconds: float) -> None:
        now[0] += seconds

    return pass_seconds


async def add(counts: AccountCounts, log: Log, number: int = 1) -> bool:
    addition = counts.add_at_once(ADA, number)
    if addition is None:
        addition = await counts.add(ADA, number)
    if addition is not None:
        counts.recorded(ADA, addition, log.append(number))
    return addition is not None


@pytest.mark.parametrize("behind", [0, 1, 3, 100])
async def test_exactly_as_many_are_added_as_there_is_room_for(behind: int, forward: Any) -> None:
    log = Log()
    counts = AccountCounts(log.count, most=20)
    for number in range(20):
        assert await add(counts, log), number
        log.shown = max(0, len(log.added) - behind)
        forward(0.1)
    assert not await add(counts, log)
    forward(1.5)
    assert not await add(counts, log)


async def test_of_a_batch_that_the_view_shows_a_part_of_the_rest_counts(forward: Any) -> None:
    log = Log()
    counts = AccountCounts(log.count, most=10)
    assert await add(counts, log, 6)
    log.shown = 4
    assert await add(counts, log, 3)
    assert await add(counts, log)
    forward(1.5)
    assert not await add(counts, log)


async def test_what_was_removed_makes_room_before_the_view_shows_it() -> None:
    log = Log()
    counts = AccountCounts(log.count, most=2)
    assert await add(counts, log, 2)
    assert not await add(counts, log)
    assert await add(counts, log, -1)
    assert await add(counts, log)
    assert not await add(counts, log)


async def test_a_removal_counts_when_it_is_recorded() -> None:
    log = Log()
    counts = AccountCounts(log.count, most=2)
    assert await add(counts, log, 2)
    removal = counts.add_at_once(ADA, -1)
    assert isinstance(removal, Addition)
    assert await counts.add(ADA, 1) is None
    counts.recorded(ADA, removal, log.append(-1))
    assert await add(counts, log)


async def test_an_addition_that_the_store_refused_counts_no_longer() -> None:
    log = Log()
    counts = AccountCounts(log.count, most=1)
    addition = await counts.add(ADA, 1)
    assert addition is not None
    assert await counts.add(ADA, 1) is None
    counts.refused(ADA, addition)
    assert await add(counts, log)


async def test_an_addition_that_the_view_shows_before_it_is_reported_counts_once() -> None:
    log = Log()
    counts = AccountCounts(log.count, most=2)
    addition = await counts.add(ADA, 1)
    assert addition is not None
    places = log.append(1)
    log.shown = 1
    assert await counts.add(ADA, 2) is None
    counts.recorded(ADA, addition, places)
    assert await add(counts, log)


async def test_an_addition_of_unknown_fate_counts_while_the_view_may_be_behind(
    forward: Any,
) -> None:
    log = Log()
    counts = AccountCounts(log.count, most=1)
    assert await counts.add(ADA, 1) is not None
    forward(2)
    assert not await add(counts, log)
    forward(9)
    assert await add(counts, log)


async def test_a_full_account_does_not_cause_queries(forward: Any) -> None:
    log = Log()
    counts = AccountCounts(log.count, most=1)
    assert await add(counts, log)
    forward(2)
    assert not await add(counts, log)
    reads = log.reads
    for _ in range(10):
        assert not await add(counts, log)
    assert log.reads == reads
