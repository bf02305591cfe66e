"""Whatever lies in the log, every reader goes on: what it cannot process is parked, alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import MapperDeserialisationError, StoredEvent

from application.command_handler import CommandHandler
from application.ports.live import Resync
from application.ports.unreadable import UnreadableEvent
from application.reactions.catalogue import REACTION_NAMES, reactions
from domain.events.recorded import Recorded
from domain.events.tasks import TaskCompleted, TaskCreated
from infrastructure.config.settings import Settings
from infrastructure.delivery.enqueuer import Enqueuer
from infrastructure.delivery.queue import DeliveryQueue, redis_client
from infrastructure.following.cached_log import CachedLog
from infrastructure.following.checkpoints import begin
from infrastructure.following.dead_events import dead_events
from infrastructure.following.lag import lag_behind
from infrastructure.following.read_your_writes import PostgresViewWaiter
from infrastructure.following.subscription import Reader
from infrastructure.live.tail import LogTail
from infrastructure.postgres.connections import query_pool
from infrastructure.postgres.queries import QueryRunner
from infrastructure.projecting.change_log import PostgresChangeLog
from infrastructure.projecting.event_counter import EventCounter
from infrastructure.projecting.list_members import ListMembers
from infrastructure.projecting.reactor import Reactor
from infrastructure.projecting.view_state import view_state
from infrastructure.projecting.view_writer import ViewWriter
from infrastructure.rebuilding.rebuild import rebuild
from infrastructure.rebuilding.verification import verify
from infrastructure.relaying.event_publisher import EventPublisher
from infrastructure.relaying.producer import headers
from infrastructure.store.event_log import Undecodable
from infrastructure.wiring.operations import open_operations
from interfaces.operations.events import _json_line, text_line
from projections.catalogue import VIEWS
from projections.views.audit_trail.audit import AuditQuery, export_page, last_position
from projections.views.audit_trail.history import History
from projections.views.tasks.task_list import TaskListView
from tests.support.event_log import EVENTS, Log, following, open_log
from tests.support.facts import ADA
from tests.support.poison import (
    DAMAGES,
    MAPPER,
    NEWER_TOPIC,
    damaged_events,
    insert,
    mutated_events,
    stored,
)
from tests.support.seed import seeded

pytestmark = pytest.mark.anyio

GOOD = TaskCreated(owner=ADA, title="Water the plants")
BATCH = 50


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


async def poisoned(log: Log, events: Sequence[tuple[str, bytes]]) -> list[UUID]:
    """Put these events between good ones; return the streams of the good ones."""
    good = []
    for first in range(0, len(events), 20):
        good.append(await log.happened(GOOD, TaskCompleted()))
        insert(log.url, *events[first : first + 20])
    good.append(await log.happened(GOOD, TaskCompleted()))
    return good


async def read_all(log: Log, name: str, reader: Reader) -> None:
    """Let the reader take in the whole log."""
    position, end = await begin(log.connection, name), await log.end()
    while position < end:
        reached = await reader.advance(log.connection, position, limit=BATCH)
        assert reached > position
        position = reached
    await reader.advance(log.connection, position, limit=BATCH)  # at rest it writes what it skipped


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_state_is_unreadable_however_it_is_read(damage: str) -> None:
    topic, state = stored(GOOD)
    with pytest.raises(MapperDeserialisationError):
        MAPPER.to_recorded(StoredEvent(uuid4(), 1, topic, DAMAGES[damage](state)), 1)


@pytest.mark.parametrize("sort", ["damaged", "mutated"])
async def test_every_reader_goes_on_past_every_event_it_cannot_process(
    log: Log, redis_url: str, sort: str
) -> None:
    events = damaged_events() if sort == "damaged" else mutated_events(seeded("mutated"), 600)
    good = await poisoned(log, events)
    entries = await EVENTS.between(log.connection, 0, await log.end())
    unreadable = [entry for entry in entries if isinstance(entry, Undecodable)]
    assert sort == "mutated" or len(unreadable) == len(events)

    shared = CachedLog(MAPPER)
    for view in VIEWS:
        await read_all(log, view.name, ViewWriter(view, shared))
    # A reaction to a deleted list, which some mutations are, waits for the views.
    for reaction in reactions(ListMembers(log.url), PostgresChangeLog(log.url, log.store)):
        handler = CommandHandler(log.store)
        await read_all(log, reaction.name, Reactor(reaction, handler, EVENTS))
    # Again, because reactions append to the log.
    for view in VIEWS:
        await read_all(log, view.name, ViewWriter(view, shared))
    await read_all(log, EventCounter.name, EventCounter(EVENTS))
    with redis_client(redis_url, database=1) as client:
        queue = DeliveryQueue(client, mark_life=timedelta(seconds=30))
        await read_all(log, Enqueuer.name, Enqueuer(EVENTS, queue))

    tasks = {row.id: row.status for row in await log.rows(TaskListView())}
    assert [tasks[task] for task in good] == ["completed"] * len(good)
    parked: dict[str, set[int]] = {}
    for dead in await dead_events(log.connection):
        parked.setdefault(dead.view, set()).add(dead.position)
    if sort == "damaged":
        by_topic = {entry.topic: entry.position for entry in unreadable}
        newer = by_topic[NEWER_TOPIC]
        names = [view.name for view in VIEWS] + [*REACTION_NAMES]
        names.append(Enqueuer.name)
        assert [name for name in names if newer not in parked[name]] == []
        assert by_topic["task.created"] in parked["task_list"]
        assert by_topic["notification.requested"] in parked[Enqueuer.name]
        assert by_topic["reminder.triggered"] in parked[EventCounter.name]

    await everything_else_reads_it(log)
    for view in VIEWS:
        followed = await log.rows(view)
        result = await verify(log.url, view, EVENTS, workers=1, progress=lambda *_: None)
        assert result.different == 0, (view.name, result.differences)
        await rebuild(log.url, view, EVENTS, workers=1, progress=lambda *_: None)
        assert await log.rows(view) == followed
        again = await dead_events(log.connection, view=view.name)
        assert {dead.position for dead in again} == parked.get(view.name, set())


async def everything_else_reads_it(log: Log) -> None:
    """Read the log as all those do who keep no position: none of them fails."""
    publisher = EventPublisher(EVENTS, source="/annals")
    entries = await EVENTS.between(log.connection, 0, await log.end())
    batch = await publisher.batch(log.connection, entries, refused={})
    for _, event in batch.events:
        assert headers(event)
    for entry in entries:
        assert _json_line(entry)
        assert text_line(entry, 80)
        await lag_behind(log.connection, EVENTS, entry.position - 1)
        if isinstance(entry, Recorded):
            assert await log.store.load(entry.originator_id)
        else:
            with pytest.raises(UnreadableEvent, match=str(entry.originator_id)):
                await log.store.load(entry.originator_id)
    for view in VIEWS:
        await view_state(log.connection, view, EVENTS)
    until = await last_position(log.connection)
    for changed in await export_page(log.connection, AuditQuery(), after=0, until=until):
        assert changed.position
    settings = Settings.of(database_url=log.url)
    async with open_operations(settings) as operations:
        async for entry in operations.tail(last=len(entries)):
            if entry.position == entries[-1].position:
                break


async def test_a_live_listener_hears_what_comes_after_unreadable_events(log: Log) -> None:
    async with following(log.url, History()), query_pool(log.url) as pool:
        queries = QueryRunner(pool)
        live = LogTail(log.url, EVENTS, queries, PostgresViewWaiter(queries), source="/annals")
        running = asyncio.create_task(live.run())
        try:
            async with live.listen(ADA) as listener:
                await poisoned(log, damaged_events()[:19])
                async with asyncio.timeout(30):
                    while not isinstance(await listener.next_events(timeout_seconds=1), Resync):
                        pass
                    good = await log.happened(GOOD)
                    subjects: list[str] = []
                    while str(good) not in subjects:
                        more = await listener.next_events(timeout_seconds=1)
                        assert not isinstance(more, Resync)
                        subjects += [event.subject for event in more]
        finally:
            running.cancel()


async def test_a_stream_that_cannot_be_read_fails_no_other_that_is_loaded_with_it(
    log: Log,
) -> None:
    good, bad = await log.happened(GOOD), await log.happened(GOOD)
    topic, state = stored(TaskCompleted())
    damaged = DAMAGES["deep nesting"](state)
    position = insert(log.url, (topic, damaged), stream=bad, version=2)
    found = await asyncio.gather(log.store.load(good), log.store.load(bad), return_exceptions=True)
    assert isinstance(found[0], list)
    assert isinstance(found[1], UnreadableEvent)
    assert (found[1].stream_id, found[1].version, found[1].position) == (bad, 2, position)
