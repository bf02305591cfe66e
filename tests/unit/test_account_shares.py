"""An account whose queries take long waits for itself, and nobody else does."""

import asyncio

import pytest

from infrastructure.postgres.account_shares import (
    CHEAP_SECONDS,
    FORGOTTEN_PER_SECOND,
    FREE_SECONDS,
    Share,
)

pytestmark = pytest.mark.anyio


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now

    async def pass_by(self, seconds: float) -> str:
        self.now += seconds
        return "done"


async def test_a_place_is_free_again_at_once_after_cheap_work_however_often() -> None:
    clock, idle = Clock(), asyncio.Event()
    share = Share(1, on_idle=idle.set, clock=clock)
    for _ in range(round(3 * FREE_SECONDS / CHEAP_SECONDS)):
        assert await share.hold(lambda: clock.pass_by(CHEAP_SECONDS / 2)) == "done"
        assert not share.full
    assert idle.is_set()


async def test_expensive_work_now_and_then_is_free() -> None:
    clock = Clock()
    share = Share(1, clock=clock)
    for _ in range(20):
        await share.hold(lambda: clock.pass_by(0.1))
        assert not share.full
        clock.now += 0.1 / FORGOTTEN_PER_SECOND


async def test_a_place_rests_when_much_was_spent_and_its_result_is_there_before() -> None:
    clock, idle = Clock(), asyncio.Event()
    share = Share(1, on_idle=idle.set, clock=clock)
    await share.hold(lambda: clock.pass_by(FREE_SECONDS))
    assert not share.full
    idle.clear()
    assert await share.hold(lambda: clock.pass_by(2 * CHEAP_SECONDS)) == "done"
    assert share.full
    assert not idle.is_set()
    async with asyncio.timeout(10):
        assert await share.hold(lambda: clock.pass_by(0.0)) == "done"
        await idle.wait()
    assert share.users == 0


async def test_a_work_that_fails_counts_like_another() -> None:
    clock = Clock()
    share = Share(1, clock=clock)

    async def fail() -> None:
        await clock.pass_by(2 * FREE_SECONDS)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await share.hold(fail)
    assert share.full


async def test_who_gives_up_waiting_takes_no_place() -> None:
    clock, idle, never = Clock(), asyncio.Event(), asyncio.Event()
    share = Share(1, on_idle=idle.set, clock=clock)
    holding = asyncio.create_task(share.hold(never.wait))
    waiting = asyncio.create_task(share.hold(never.wait))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert share.users == 1
    never.set()
    await holding
    assert idle.is_set()
