"""The log is never changed, and its readers miss nothing whatever writers are at work."""

import asyncio
import random
from collections import defaultdict
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import AsyncConnection

from domain.events.recorded import Recorded
from domain.events.tasks import TaskCreated
from infrastructure.postgres.connections import connect
from infrastructure.store.event_log import EventLog, Undecodable
from infrastructure.store.mapper import RecordMapper
from tests.support.facts import ADA, recorded

pytestmark = pytest.mark.anyio

INSERT = "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
STATE = RecordMapper().to_stored_event(recorded(TaskCreated(owner=ADA, title="t"))).state


async def insert(connection: AsyncConnection, stream: UUID, version: int = 1) -> int:
    cursor = await connection.execute(
        f"{INSERT} VALUES (%s, %s, 'task.created', %s) RETURNING notification_id",
        (stream, version, STATE),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE stored_events SET topic = 'task.deleted'",
        "DELETE FROM stored_events",
        "TRUNCATE stored_events",
        "SET session_replication_role = replica; DELETE FROM stored_events",
    ],
)
async def test_what_is_recorded_is_never_changed(owner_url: str, change: str) -> None:
    """Not even by a superuser; what each role may do is in test_roles.py."""
    async with await AsyncConnection.connect(owner_url, autocommit=True) as connection:
        await insert(connection, uuid4())
        with pytest.raises(psycopg.errors.RestrictViolation, match="never changed"):
            await connection.execute(change)


async def test_a_reader_waits_for_a_writer_that_is_still_at_work(database_url: str) -> None:
    log = EventLog(RecordMapper())
    async with (
        await connect(database_url) as slow,
        await connect(database_url) as quick,
        await connect(database_url) as reader,
    ):
        before = await insert(quick, uuid4())
        async with slow.transaction():
            earlier = await insert(slow, uuid4())
            later = await insert(quick, uuid4())
            assert earlier < later
            page = await log.read(reader, 0)
            assert [entry.position for entry in page.entries] == [before]
            assert page.horizon < earlier
            # Its second statement publishes a higher floor; the first one still counts.
            await insert(slow, uuid4())
            assert (await log.read(reader, 0)).horizon < earlier
        page = await log.read(reader, page.horizon)
        assert [entry.position for entry in page.entries] == [earlier, later, later + 1]


async def test_a_reader_waits_before_the_gap_of_a_writer_that_failed(database_url: str) -> None:
    """After a crash the database may give out the position again: no row vouches for it."""
    log = EventLog(RecordMapper())
    async with await connect(database_url) as writer, await connect(database_url) as reader:
        async with writer.transaction(force_rollback=True):
            await insert(writer, uuid4())
        assert (await log.read(reader, 0)).horizon == 0
        after = await insert(writer, uuid4())
        page = await log.read(reader, 0)
        assert [entry.position for entry in page.entries] == [after]


async def test_a_long_log_is_read_in_pages(database_url: str) -> None:
    log = EventLog(RecordMapper())
    async with await connect(database_url) as connection:
        written = [await insert(connection, uuid4()) for _ in range(25)]
        read: list[int] = []
        horizon = 0
        for _ in range(3):
            page = await log.read(connection, horizon, limit=10)
            read += [entry.position for entry in page.entries]
            horizon = page.horizon
        assert read == written
        assert (await log.read(connection, horizon)).entries == []
        assert await log.end(connection) == written[-1]


async def test_what_cannot_be_read_is_handed_on_as_such(database_url: str) -> None:
    async with await connect(database_url) as connection:
        await connection.execute(f"{INSERT} VALUES (%s, 1, 'task.sung', '{{}}')", (uuid4(),))
        (entry,) = (await EventLog(RecordMapper()).read(connection, 0)).entries
    assert isinstance(entry, Undecodable)
    assert (entry.topic, entry.position) == ("task.sung", 1)


WRITERS, ROUNDS = 16, 60


async def test_a_tailing_reader_misses_nothing_of_sixteen_writers(database_url: str) -> None:
    """Slow transactions, several statements in one, and aborts, all at once."""
    chance = random.Random(16)
    committed: set[int] = set()
    done = asyncio.Event()

    async def write(writer: int) -> None:
        stream, version = UUID(int=writer + 1), 0
        async with await connect(database_url) as connection:
            for _ in range(ROUNDS):
                fate = chance.random()
                many = chance.randint(1, 4)
                try:
                    async with connection.transaction():
                        positions = []
                        for n in range(many):
                            positions.append(await insert(connection, stream, version + n + 1))
                            if fate < 0.3:
                                await asyncio.sleep(chance.random() * 0.01)
                        if fate > 0.8:
                            raise ZeroDivisionError
                except ZeroDivisionError:
                    continue
                version += many
                committed.update(positions)

    async def follow() -> list[Recorded]:
        log, horizon = EventLog(RecordMapper()), 0
        read: list[Recorded] = []
        async with await connect(database_url) as connection:
            while True:
                finishing = done.is_set()
                page = await log.read(connection, horizon, limit=50)
                read += [entry for entry in page.entries if isinstance(entry, Recorded)]
                if finishing and not page.entries:
                    return read
                horizon = page.horizon

    reader = asyncio.create_task(follow())
    await asyncio.gather(*(write(n) for n in range(WRITERS)))
    done.set()
    read = await reader

    positions = [entry.position for entry in read]
    assert positions == sorted(set(positions))
    assert set(positions) == committed
    versions: dict[UUID, list[int]] = defaultdict(list)
    for entry in read:
        versions[entry.originator_id].append(entry.originator_version)
    assert all(seen == list(range(1, len(seen) + 1)) for seen in versions.values())
