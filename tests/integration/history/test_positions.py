"""Positions are given once: across crashes after aborts, and the database refuses what skips."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import AsyncConnection

from domain.events.tasks import TaskCreated
from domain.vocabulary import AccountId
from infrastructure.following.cached_log import CachedLog
from infrastructure.postgres.connections import connect
from infrastructure.postgres.migrations import migrate
from infrastructure.store.append import GAP
from infrastructure.store.mapper import RecordMapper
from projections.views.tasks.task_list import TaskListView
from tests.support.event_log import open_log
from tests.support.servers.databases import scratch
from tests.support.servers.replicas import OPTIONS, PostgresNode

pytestmark = pytest.mark.anyio

DRAWN = 200  # more than the sequence logs ahead
TASKS = 60
CREATED = TaskCreated(owner=AccountId(uuid4()), title="Water the plants")
INSERT = "INSERT INTO stored_events VALUES (%s, %s, 'others:Event', '{}')"


@pytest.fixture
def server() -> Iterator[PostgresNode]:
    """What an abort has drawn is not flushed by chance meanwhile."""
    with scratch() as folder:
        node = PostgresNode(folder / "postgres", OPTIONS | {"wal_writer_delay": "10s"})
        node.start()
        migrate(node.url)
        yield node
        node.stop()


async def test_every_event_is_in_every_view_after_a_crash_that_follows_an_abort(
    server: PostgresNode,
) -> None:
    shared = CachedLog(RecordMapper())
    async with open_log(server.url) as log:
        await log.happened(CREATED)
        await log.folded(TaskListView())
        async with await connect(server.url) as writer:
            async with writer.transaction(force_rollback=True):
                for _ in range(DRAWN):
                    await writer.execute(INSERT, (uuid4(), 1))
            page = await shared.read(log.connection, 0)
            await log.folded(TaskListView())
        server.kill()
    await asyncio.to_thread(server.start)
    async with open_log(server.url) as log:
        streams = [await log.happened(CREATED) for _ in range(TASKS)]
        first = (await log.facts())[1].position
        assert first < DRAWN, "the crash kept what the abort had drawn: this proves nothing"
        read = await shared.read(log.connection, page.horizon)
        assert {entry.originator_id for entry in read.entries} == {*streams}
        await log.folded(TaskListView())
        assert {row.id for row in await log.rows(TaskListView())} >= {*streams}


async def test_version_n_is_refused_without_the_one_before(owner_url: str) -> None:
    """Whoever writes: a process of an earlier release that remembers too much, or psql."""
    stream = uuid4()
    async with await AsyncConnection.connect(owner_url, autocommit=True) as connection:
        await connection.execute(INSERT, (stream, 1))
        for version in (3, 2**40):
            with pytest.raises(psycopg.DatabaseError) as refused:
                await connection.execute(INSERT, (stream, version))
            assert refused.value.sqlstate == GAP
        with pytest.raises(psycopg.DatabaseError):
            await connection.execute(INSERT, (uuid4(), 2))
        await connection.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.DatabaseError):
            await connection.execute(INSERT, (stream, 3))
        await connection.execute(INSERT, (stream, 2))


async def test_a_transaction_may_insert_any_number_of_rows(database_url: str) -> None:
    """The lock of the floor is taken once for each transaction: a lock table is finite."""
    async with await connect(database_url) as connection, connection.transaction():
        await connection.execute(
            "DO $$ BEGIN FOR n IN 1..20000 LOOP INSERT INTO stored_events"
            " VALUES (gen_random_uuid(), 1, 'others:Event', '{}'); END LOOP; END $$"
        )
        cursor = await connection.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        )
        assert await cursor.fetchone() == (1,)
