"""What every event store promises: the one in memory and the one on PostgreSQL alike."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from application.ports.event_store import EventStore
from domain.errors import Conflict
from domain.events.tasks import TaskCompleted, TaskCreated, TaskReopened
from infrastructure.postgres.connections import connect
from infrastructure.store.event_log import EventLog
from infrastructure.store.event_store import PostgresEventStore
from infrastructure.store.mapper import RecordMapper
from tests.support.facts import ADA, NINE, recorded
from tests.support.memory import MemoryEventStore

pytestmark = pytest.mark.anyio

CREATED = TaskCreated(owner=ADA, title="Water the plants", tags=("home",), due_at=NINE)


@asynccontextmanager
async def postgres_store(url: str) -> AsyncIterator[PostgresEventStore]:
    store = PostgresEventStore(partial(connect, url), RecordMapper())
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture(params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[EventStore]:
    if request.param == "memory":
        yield MemoryEventStore()
    else:
        async with postgres_store(database_url) as store:
            yield store


async def test_what_was_appended_is_loaded(store: EventStore) -> None:
    task = uuid4()
    events = [
        recorded(CREATED, stream=task, version=1),
        recorded(TaskCompleted(), stream=task, version=2, actor="system:scheduler"),
    ]
    positions = await store.append(events)
    loaded = await store.load(task)
    assert [past.event for past in loaded] == [CREATED, TaskCompleted()]
    assert [past.position for past in loaded] == list(positions)
    assert (loaded[1].actor, loaded[1].recorded_at) == ("system:scheduler", events[1].recorded_at)


async def test_positions_rise(store: EventStore) -> None:
    first = await store.append([recorded(CREATED, stream=uuid4())])
    second = await store.append([recorded(CREATED, stream=uuid4()) for _ in range(3)])
    assert sorted({*first, *second}) == [*first, *second]


async def test_loading_goes_on_after_a_version(store: EventStore) -> None:
    task = uuid4()
    await store.append(
        [
            recorded(CREATED, stream=task, version=1),
            recorded(TaskCompleted(), stream=task, version=2),
            recorded(TaskReopened(), stream=task, version=3),
        ]
    )
    assert [past.originator_version for past in await store.load(task, after=1)] == [2, 3]
    assert [past.originator_version for past in await store.load(task, after=1, until=2)] == [2]
    assert [past.originator_version for past in await store.load(task, until=2)] == [1, 2]
    assert await store.load(task, after=3) == []


async def test_a_stream_to_which_nothing_happened_is_empty(store: EventStore) -> None:
    assert await store.load(uuid4()) == []


async def test_a_place_is_taken_once(store: EventStore) -> None:
    task = uuid4()
    await store.append([recorded(CREATED, stream=task, version=1)])
    with pytest.raises(Conflict) as conflict:
        await store.append([recorded(TaskCompleted(), stream=task, version=1)])
    assert conflict.value.stream_id == task
    assert [past.event for past in await store.load(task)] == [CREATED]


async def test_several_events_are_recorded_together_or_not_at_all(store: EventStore) -> None:
    free, taken = uuid4(), uuid4()
    await store.append([recorded(CREATED, stream=taken)])
    with pytest.raises(Conflict):
        await store.append([recorded(CREATED, stream=free), recorded(CREATED, stream=taken)])
    assert await store.load(free) == []


# The library's own recorder works on our table, and ours on its.


@pytest.fixture
def library(owner_url: str) -> Iterator[PostgresApplicationRecorder]:
    about = conninfo_to_dict(owner_url)  # it locks the table of the log
    datastore = PostgresDatastore(
        dbname=str(about["dbname"]),
        host=str(about["host"]),
        port=str(about["port"]),
        user=str(about["user"]),
        password=str(about.get("password", "")),
        originator_id_type="uuid",
    )
    yield PostgresApplicationRecorder(datastore)
    datastore.close()


async def test_the_library_reads_what_we_append(
    library: PostgresApplicationRecorder, database_url: str
) -> None:
    task = uuid4()
    async with postgres_store(database_url) as store:
        await store.append([recorded(CREATED, stream=task)])
    (stored,) = library.select_events(task)
    assert (stored.topic, stored.originator_version) == ("task.created", 1)
    (notification,) = library.select_notifications(start=1, limit=10)
    assert RecordMapper().to_domain_event(notification).event == CREATED


async def test_we_read_what_the_library_inserts(
    library: PostgresApplicationRecorder, database_url: str
) -> None:
    task: UUID = uuid4()
    stored: StoredEvent = RecordMapper().to_stored_event(recorded(CREATED, stream=task))
    (position,) = library.insert_events([stored]) or [0]
    async with postgres_store(database_url) as store:
        (loaded,) = await store.load(task)
    assert (loaded.event, loaded.position) == (CREATED, position)
    async with await connect(database_url) as connection:
        page = await EventLog(RecordMapper()).read(connection, 0)
    assert page.entries == [loaded]
    assert page.horizon == position
