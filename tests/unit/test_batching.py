"""A batch takes what is here already, waits for nobody, and every item gets its own result."""

import asyncio
from collections.abc import Sequence

import pytest

from infrastructure.store.batching import Batcher, Pending

pytestmark = pytest.mark.anyio

MOST = 8


class Doubling:
    """Doubles numbers and remembers their batches; a negative number fails its batch."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.batcher: Batcher[int, int] = Batcher(self._work, most=MOST)

    async def _work(self, group: Sequence[Pending[int, int]]) -> None:
        self.batches.append([pending.item for pending in group])
        if any(pending.item < 0 for pending in group):
            raise ValueError("below zero")
        for pending in group:
            pending.succeed(2 * pending.item)

    async def later(self, number: int, rounds: int) -> int:
        """Ask after so many rounds of the loop."""
        for _ in range(rounds):
            await asyncio.sleep(0)
        return await self.batcher.submit(number)


async def test_requests_that_are_on_their_way_get_into_the_batch() -> None:
    doubling = Doubling()
    found = await asyncio.gather(*(doubling.later(n, rounds=n) for n in range(5)))
    assert found == [0, 2, 4, 6, 8]
    assert doubling.batches == [[0, 1, 2, 3, 4]]


async def test_a_batch_does_not_wait_for_who_comes_later() -> None:
    doubling = Doubling()
    late = asyncio.create_task(doubling.later(2, rounds=50))
    assert await doubling.batcher.submit(1) == 2
    assert doubling.batches == [[1]]
    assert await late == 4


async def test_a_full_batch_begins_at_once() -> None:
    doubling = Doubling()
    numbers = range(2 * MOST)
    assert await asyncio.gather(*map(doubling.batcher.submit, numbers)) == [2 * n for n in numbers]
    assert doubling.batches == [[*numbers[:MOST]], [*numbers[MOST:]]]


async def test_an_error_reaches_all_that_wait_and_nobody_after_them() -> None:
    doubling = Doubling()
    asked = [doubling.batcher.submit(n) for n in (1, -1, 3)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [str(error) for error in found] == ["below zero"] * 3
    assert await doubling.batcher.submit(4) == 8


async def test_who_has_left_is_not_worked_for() -> None:
    doubling = Doubling()
    left, stays = doubling.batcher.submit(1), doubling.batcher.submit(2)
    left.cancel()
    assert await stays == 4
    assert doubling.batches == [[2]]
