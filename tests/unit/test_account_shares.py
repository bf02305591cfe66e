"""An account whose queries take long waits for itself, and nobody else does."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from infrastructure.postgres.account_shares import (
    FREE_SECONDS,
    MAX_DEBT_SECONDS,
    SECONDS_PER_SECOND,
    SHARED_SECONDS,
    AccountShares,
    Share,
)
from tests.support.facts import ADA, BOB

pytestmark = pytest.mark.anyio


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float) -> Callable[[], Awaitable[str]]:
        async def work() -> str:
            self.now += seconds
            return "done"

        return work


class Gate:
    """Works that run until they are let go, with the most that ran at once."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.inside = self.most = 0

    async def work(self) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await self.opened.wait()
        self.inside -= 1


async def running(share: Share, gate: Gate, works: int) -> int:
    """Return how many of these works run at once; the others wait."""
    tasks = [asyncio.create_task(share.hold(gate.work)) for _ in range(works)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    inside = gate.inside
    gate.opened.set()
    await asyncio.gather(*tasks)
    return inside


async def test_as_many_works_run_at_once_as_the_share_has_places() -> None:
    assert await running(Share(3, clock=Clock()), Gate(), works=5) == 3


async def test_works_run_one_at_a_time_when_half_of_the_free_time_is_spent() -> None:
    share = Share(3, clock=Clock())
    share.charge(0.6 * FREE_SECONDS)
    assert await running(share, Gate(), works=5) == 1


async def test_a_work_waits_until_the_time_before_it_is_within_the_allowance() -> None:
    clock = Clock()
    share = Share(3, clock=clock)
    await share.hold(clock.work(FREE_SECONDS + SECONDS_PER_SECOND * 0.1))
    assert share.full
    clock.now += 0.09
    assert share.full
    clock.now += 0.02
    assert not share.full
    assert await share.hold(clock.work(0.0)) == "done"


async def test_a_work_that_waits_begins_by_itself_when_the_account_has_rested() -> None:
    share = Share(1)
    share.charge(FREE_SECONDS + 0.001)
    assert share.full
    async with asyncio.timeout(30):
        await share.hold(open_gate().work)
        await share.rest()
    assert share.users == 0


def open_gate() -> Gate:
    gate = Gate()
    gate.opened.set()
    return gate


async def test_what_is_spent_counts_although_the_account_is_idle_between_two_works() -> None:
    clock = Clock()
    shares = AccountShares(each=2, clock=clock)
    for _ in range(10):
        await shares.hold(ADA, clock.work(FREE_SECONDS / 10))
        clock.now += 0.001
        notice_both(shares)
    assert shares.of(ADA).spent > 0.7 * FREE_SECONDS
    clock.now += 60
    shares.of(BOB)  # whoever comes next sweeps
    assert shares._shares.keys() == {BOB}


async def test_an_account_alone_uses_all_of_its_places_all_of_the_time() -> None:
    clock = Clock()
    shares = AccountShares(each=2, clock=clock)
    shares.notice(ADA)
    shares.of(ADA).charge(100 * FREE_SECONDS)
    assert await running(shares.of(ADA), Gate(), works=5) == 2
    notice_both(shares)
    assert shares.of(ADA).full
    assert not shares.of(BOB).full
    clock.now += SHARED_SECONDS / 2
    assert shares.shared
    shares.notice(BOB)  # who asked last already
    clock.now += SHARED_SECONDS / 2
    assert not shares.shared


def notice_both(shares: AccountShares) -> None:
    shares.notice(ADA)
    shares.notice(BOB)


async def test_patient_accounts_are_served_at_once_while_a_greedy_one_waits() -> None:
    clock = Clock()
    shares = AccountShares(each=2, clock=clock)
    notice_both(shares)
    shares.of(ADA).charge(FREE_SECONDS + 0.005)
    order = list[str]()

    async def serve(name: str) -> None:
        order.append(name)

    greedy = [asyncio.create_task(shares.hold(ADA, lambda: serve("greedy"))) for _ in range(3)]
    await asyncio.sleep(0)
    await shares.hold(BOB, lambda: serve("patient"))
    assert order == ["patient"]
    clock.now += 10
    async with asyncio.timeout(30):
        await asyncio.gather(*greedy)
    assert order == ["patient", *3 * ["greedy"]]


async def test_a_single_work_of_hours_delays_the_next_by_a_second() -> None:
    clock = Clock()
    share = Share(1, clock=clock)
    await share.hold(clock.work(10_000))
    clock.now += MAX_DEBT_SECONDS / SECONDS_PER_SECOND + 0.01
    assert not share.full


async def test_a_work_that_fails_counts_like_another() -> None:
    clock = Clock()
    share = Share(1, clock=clock)

    async def fail() -> None:
        clock.now += 2 * FREE_SECONDS
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await share.hold(fail)
    assert share.full


async def test_who_gives_up_waiting_takes_no_place() -> None:
    share, gate = Share(1, clock=Clock()), Gate()
    holding = asyncio.create_task(share.hold(gate.work))
    waiting = [asyncio.create_task(share.hold(gate.work)) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.gather(waiting[0], return_exceptions=True)
    assert share.users == 2
    gate.opened.set()
    await asyncio.gather(holding, waiting[1])
    assert share.users == 0


async def test_who_gives_up_in_the_moment_of_its_turn_passes_it_on() -> None:
    share, gate = Share(1, clock=Clock()), Gate()
    holding = asyncio.create_task(share.hold(gate.work))
    waiting = [asyncio.create_task(share.hold(gate.work)) for _ in range(2)]
    await asyncio.sleep(0)
    gate.opened.set()
    holding.add_done_callback(lambda _: waiting[0].cancel())
    await asyncio.gather(holding, *waiting, return_exceptions=True)
    assert share.users == 0
    assert waiting[1].exception() is None


async def test_who_gives_up_just_before_a_place_is_free_is_passed_over() -> None:
    share, gate = Share(1, clock=Clock()), Gate()
    holding = asyncio.create_task(share.hold(gate.work))
    waiting = [asyncio.create_task(share.hold(gate.work)) for _ in range(2)]
    await asyncio.sleep(0)
    gate.opened.set()
    waiting[0].cancel()  # it learns of it after the place is free
    async with asyncio.timeout(30):
        outcomes = await asyncio.gather(holding, *waiting, return_exceptions=True)
    assert isinstance(outcomes[1], asyncio.CancelledError)
    assert (outcomes[0], outcomes[2], share.users) == (None, None, 0)
