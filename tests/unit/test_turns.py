"""Views that people wait for go first; the others wait for them, but not for ever."""

import asyncio

import pytest

from infrastructure.following.turns import ReaderTurns, Turn

pytestmark = pytest.mark.anyio


async def batch(turn: Turn, name: str, order: list[str], until: asyncio.Event) -> None:
    async with turn.batch():
        order.append(f"{name} begins")
        await until.wait()
    order.append(f"{name} ends")


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_reader_that_can_wait_begins_when_the_last_of_the_first_has_ended() -> None:
    turns, order = ReaderTurns(max_wait_seconds=None), list[str]()
    one_ends, other_ends, at_once = asyncio.Event(), asyncio.Event(), asyncio.Event()
    at_once.set()
    async with asyncio.TaskGroup() as group:
        group.create_task(batch(turns.first, "one", order, one_ends))
        group.create_task(batch(turns.first, "other", order, other_ends))
        await settled()
        group.create_task(batch(turns.later, "history", order, at_once))
        await settled()
        one_ends.set()
        await settled()
        assert order == ["one begins", "other begins", "one ends"]
        other_ends.set()
    assert order[3:] == ["other ends", "history begins", "history ends"]


async def test_the_first_do_not_wait_for_a_reader_that_can_wait() -> None:
    turns, order, ends = ReaderTurns(), list[str](), asyncio.Event()
    ends.set()
    async with turns.later.batch():
        await batch(turns.first, "one", order, ends)
    assert order == ["one begins", "one ends"]


async def test_a_reader_that_can_wait_does_not_wait_for_ever() -> None:
    turns, order, ends = ReaderTurns(max_wait_seconds=0.001), list[str](), asyncio.Event()
    ends.set()
    async with turns.first.batch():
        await batch(turns.later, "history", order, ends)
    assert order == ["history begins", "history ends"]


async def test_a_batch_that_fails_makes_nobody_wait() -> None:
    turns, order, ends = ReaderTurns(max_wait_seconds=None), list[str](), asyncio.Event()
    ends.set()
    with pytest.raises(ZeroDivisionError):
        async with turns.first.batch():
            raise ZeroDivisionError
    await batch(turns.later, "history", order, ends)
    assert order == ["history begins", "history ends"]
