"""Commands commit in groups, and none pays for another."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from uuid import uuid4

import pytest

from application.ports.unavailable import Unavailable
from domain.errors import Conflict
from domain.events.tasks import TaskCompleted, TaskCreated
from infrastructure.postgres.connections import connect
from infrastructure.postgres.migrations import migrate
from infrastructure.store.event_store import PostgresEventStore
from infrastructure.store.mapper import RecordMapper
from tests.support.facts import ADA, recorded
from tests.support.servers.databases import scratch
from tests.support.servers.proxy import Wire, wire_to
from tests.support.servers.replicas import OPTIONS, PostgresNode

pytestmark = pytest.mark.anyio

RACES, RIVALS = 30, 3
CREATED = TaskCreated(owner=ADA, title="Water the plants")


@pytest.fixture
async def wire(database_url: str) -> AsyncIterator[Wire]:
    async with wire_to(database_url) as wire:
        yield wire


@pytest.fixture
async def store(wire: Wire) -> AsyncIterator[PostgresEventStore]:
    store = PostgresEventStore(partial(connect, wire.url), RecordMapper(), timeout_seconds=1.0)
    yield store
    await store.close()


async def test_commands_that_wait_together_commit_together(store: PostgresEventStore) -> None:
    await asyncio.gather(*(store.append([recorded(CREATED, stream=uuid4())]) for _ in range(100)))
    assert store.commits.events == 100
    assert store.commits.groups <= 3


async def test_a_conflict_fails_only_its_own_command(store: PostgresEventStore) -> None:
    taken = uuid4()
    await store.append([recorded(CREATED, stream=taken)])
    others = [uuid4() for _ in range(20)]
    outcomes = await asyncio.gather(
        *(store.append([recorded(CREATED, stream=stream)]) for stream in others[:10]),
        store.append([recorded(CREATED, stream=uuid4()), recorded(CREATED, stream=taken)]),
        *(store.append([recorded(CREATED, stream=stream)]) for stream in others[10:]),
        return_exceptions=True,
    )
    assert [type(o) for o in outcomes if isinstance(o, Exception)] == [Conflict]
    assert all([await store.load(stream) for stream in others])
    assert store.commits.events == 21


async def test_of_two_in_one_group_who_want_the_same_place_the_first_gets_it(
    store: PostgresEventStore,
) -> None:
    task = uuid4()
    await store.append([recorded(CREATED, stream=task)])
    outcomes = await asyncio.gather(
        *(
            store.append([recorded(TaskCompleted(), stream=task, version=2, actor=f"client {n}")])
            for n in range(5)
        ),
        return_exceptions=True,
    )
    assert [isinstance(outcome, Conflict) for outcome in outcomes] == [False] + [True] * 4
    assert (await store.load(task))[-1].actor == "client 0"


async def test_who_loses_several_places_is_told_of_the_first(store: PostgresEventStore) -> None:
    streams = [uuid4() for _ in range(20)]
    wanted = [[recorded(CREATED, stream=own), recorded(CREATED, stream=uuid4())] for own in streams]
    twice = [store.append(places) for places in wanted * 2]
    outcomes = await asyncio.gather(*twice, return_exceptions=True)
    assert [lost.stream_id for lost in outcomes if isinstance(lost, Conflict)] == streams


async def test_a_commit_whose_answer_was_lost_is_recognised(
    store: PostgresEventStore, wire: Wire
) -> None:
    await store.append([recorded(CREATED, stream=uuid4())])
    task = uuid4()
    wire.cut_before_answering(task.bytes)
    (position,) = await store.append([recorded(CREATED, stream=task)])
    assert wire.cuts == 1
    (only,) = await store.load(task)
    assert only.position == position


async def test_a_connection_lost_before_the_commit_costs_nobody_anything(
    store: PostgresEventStore, wire: Wire
) -> None:
    await store.append([recorded(CREATED, stream=uuid4())])
    wire.cut()
    task = uuid4()
    await store.append([recorded(CREATED, stream=task)])
    assert len(await store.load(task)) == 1


async def test_a_real_conflict_after_a_lost_connection_is_still_a_conflict(
    store: PostgresEventStore, wire: Wire
) -> None:
    task = uuid4()
    await store.append([recorded(CREATED, stream=task, actor="someone else")])
    wire.cut()
    with pytest.raises(Conflict):
        await store.append([recorded(CREATED, stream=task)])


async def test_a_silent_database_is_reported_in_time_and_used_again_when_it_speaks(
    store: PostgresEventStore, wire: Wire
) -> None:
    task = uuid4()
    await store.append([recorded(CREATED, stream=task)])
    wire.silence()
    async with asyncio.timeout(20):  # by itself it would be silent for ever
        outcomes = await asyncio.gather(
            *(store.append([recorded(CREATED, stream=uuid4())]) for _ in range(10)),
            *(store.load(task) for _ in range(10)),
            return_exceptions=True,
        )
    assert {type(outcome) for outcome in outcomes} == {Unavailable}
    wire.speak()
    assert len(await store.load(task)) == 1
    await store.append([recorded(TaskCompleted(), stream=task, version=2)])


async def test_who_gave_up_waiting_is_left_out_of_the_group(store: PostgresEventStore) -> None:
    first = asyncio.create_task(store.append([recorded(CREATED, stream=uuid4())]))
    await asyncio.sleep(0)
    gone = uuid4()
    given_up = asyncio.create_task(store.append([recorded(CREATED, stream=gone)]))
    await asyncio.sleep(0)
    given_up.cancel()
    await first
    await store.append([recorded(CREATED, stream=uuid4())])
    assert await store.load(gone) == []


async def test_an_append_that_wants_one_place_twice_is_a_conflict(
    store: PostgresEventStore,
) -> None:
    task = uuid4()
    with pytest.raises(Conflict):
        await store.append([recorded(CREATED, stream=task), recorded(TaskCompleted(), stream=task)])
    assert await store.load(task) == []


async def test_races_are_no_errors_in_the_log_of_the_database() -> None:
    """But the first that each process loses within a minute; every loser is told, no winner."""
    with scratch() as folder:
        node = await asyncio.to_thread(started, PostgresNode(folder / "postgres", OPTIONS))
        try:
            await race(node.url)
            assert node.query("SELECT count(*) FROM stored_events") == [(2 * RACES,)]
            log = (node.embedded.home / "postgres.log").read_text()
            assert log.count("duplicate key") <= RIVALS
        finally:
            await asyncio.to_thread(node.remove)


async def race(url: str) -> None:
    """Let some processes append to one stream, and each to one of its own, all at once."""
    rivals = [PostgresEventStore(partial(connect, url), RecordMapper()) for _ in range(RIVALS)]
    for version in range(1, RACES + 1):
        shared = recorded(CREATED, version=version)
        outcomes = await asyncio.gather(
            *(rival.append([shared, recorded(CREATED, stream=uuid4())]) for rival in rivals),
            return_exceptions=True,
        )
        lost = [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)]
        assert lost == [Conflict] * (RIVALS - 1)
    for rival in rivals:
        await rival.close()


def started(node: PostgresNode) -> PostgresNode:
    node.start()
    migrate(node.url)
    return node
