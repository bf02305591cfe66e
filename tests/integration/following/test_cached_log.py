"""Those who share a log see what each would see alone, and the database is asked once."""

import asyncio
import random
from collections.abc import AsyncIterator

import psycopg
import pytest

from domain.events.tasks import TaskCompleted, TaskCreated
from infrastructure.following import cached_log
from infrastructure.following.cached_log import CachedLog
from infrastructure.postgres.connections import connect
from infrastructure.store.event_log import EventLog, Page
from infrastructure.store.mapper import RecordMapper, topic_of
from tests.support.event_log import EVENTS, Log, open_log
from tests.support.facts import ADA, recorded

pytestmark = pytest.mark.anyio

CREATED = TaskCreated(owner=ADA, title="Water the plants")


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


async def everything(log: Log, events: EventLog, *, after: int, limit: int) -> list[int]:
    """The positions one reader sees, page by page, until there are no more."""
    seen: list[int] = []
    while (page := await events.read(log.connection, after, limit=limit)).horizon > after:
        seen += [entry.position for entry in page.entries]
        after = page.horizon
    return seen


async def test_each_reader_sees_everything_from_wherever_it_begins(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached_log, "CACHED_EVENTS", 7)
    shared = CachedLog(RecordMapper())
    for batch in range(5):
        for _ in range(4 + batch):
            await log.happened(CREATED)
        for after, limit in ((0, 3), (5, 100), (await log.end() - 2, 1), (0, 8), (11, 2)):
            assert await everything(log, shared, after=after, limit=limit) == await everything(
                log, EVENTS, after=after, limit=limit
            )


async def test_large_events_are_remembered_only_as_far_as_their_bytes_allow(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached_log, "CACHED_BYTES", 50_000)
    shared = CachedLog(RecordMapper())
    for _ in range(8):
        await log.happened(TaskCreated(owner=ADA, title="Long", description="x" * 20_000))
    assert await everything(log, shared, after=0, limit=1) == await everything(
        log, EVENTS, after=0, limit=100
    )
    assert [entry.position for entry in shared._entries] == [7, 8]
    # Who begins before them reads from the database.
    assert (await shared.read(log.connection, 3, limit=1)).horizon == 4


async def test_who_waited_for_one_ahead_of_him_misses_nothing_between(log: Log) -> None:
    shared = CachedLog(RecordMapper())
    for _ in range(2):
        await log.happened(CREATED)
    assert await everything(log, shared, after=0, limit=10) == [1, 2]
    for _ in range(5):
        await log.happened(CREATED)
    ahead, behind = await asyncio.gather(
        shared.read(log.connection, 5), shared.read(log.connection, 2)
    )
    assert [entry.position for entry in ahead.entries] == [6, 7]
    assert [entry.position for entry in behind.entries] == [3, 4, 5, 6, 7]


async def test_nobody_misses_anything_however_many_read_at_once(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached_log, "CACHED_EVENTS", 20)
    shared = CachedLog(RecordMapper())
    chance = random.Random(7)
    for _ in range(60):
        await log.happened(CREATED)
    total = 300
    written = asyncio.create_task(write(log, total - 60))

    async def reader(after: int) -> None:
        seen, start = [], after
        async with await connect(log.url) as connection:
            while after < total:
                page = await shared.read(connection, after, limit=chance.randint(1, 40))
                seen += [entry.position for entry in page.entries]
                after = page.horizon
                await asyncio.sleep(chance.choice((0, 0, 0.005, 0.02)))
        assert seen == list(range(start + 1, total + 1))

    await asyncio.gather(*(reader(chance.randint(0, 60)) for _ in range(12)))
    await written


async def write(log: Log, count: int) -> None:
    for _ in range(count):
        await log.happened(CREATED)


async def test_a_gap_where_a_writer_gave_up_is_passed_with_the_next_row(log: Log) -> None:
    shared = CachedLog(RecordMapper())
    await log.happened(CREATED)
    await log.connection.execute("SELECT nextval('stored_events_notification_id_seq')")
    first = await shared.read(log.connection, 0)
    assert (len(first.entries), first.horizon) == (1, 1)
    await log.happened(CREATED)
    (entry,) = (await shared.read(log.connection, 1)).entries
    assert entry.position == 3


async def test_what_one_has_read_the_others_need_not_ask_for(log: Log) -> None:
    shared = CachedLog(RecordMapper())
    for _ in range(3):
        await log.happened(CREATED)
    first = await shared.read(log.connection, 0)
    async with await connect(log.url) as other:
        pass  # it is closed now, and cannot be asked
    for after in (0, 1, 2):
        page = await shared.read(other, after)
        assert (page.entries, page.horizon) == (first.entries[after:], 3)
    with pytest.raises(psycopg.OperationalError):
        await shared.read(other, 3)


async def test_a_page_in_memory_says_which_types_of_events_it_has(log: Log) -> None:
    shared = CachedLog(RecordMapper())
    task = await log.happened(CREATED)
    await shared.read(log.connection, 0)
    await log.append(recorded(TaskCompleted(), stream=task, version=2))
    await shared.read(log.connection, 1)
    first, second, both = [
        await shared.read(log.connection, after, limit=limit)
        for after, limit in ((0, 1), (1, 5), (0, 5))
    ]
    assert _tags(second) == {"task.completed"}
    assert _tags(both) == {"task.created", "task.completed"}
    assert "task.created" in _tags(first)  # and types that it lacks, perhaps
    await log.connection.execute(
        "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
        " VALUES (gen_random_uuid(), 1, 'task.created', '{}')"
    )
    assert (await shared.read(log.connection, 2)).types is None
    assert (await shared.read(log.connection, 0)).types is None


def _tags(page: Page) -> set[str]:
    assert page.types is not None
    return {topic_of(each) for each in page.types}
