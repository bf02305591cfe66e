"""A process compares the database with what it knows, even while all its connections stay open."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from psycopg import AsyncConnection
from structlog.testing import capture_logs

from infrastructure.postgres import comparing
from infrastructure.postgres.comparing import histories_compared
from infrastructure.postgres.connections import DatabaseConnection, connect
from infrastructure.postgres.migrations import migrate
from infrastructure.telemetry.metrics import CLOCK_OFFSET
from tests.support.servers.proxy import Wire, wire_to
from tests.support.servers.replicas import PostgresCluster, PostgresNode, postgres_cluster
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


async def test_an_open_connection_is_outdated_once_another_history_began(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "COMPARE_SECONDS", 0.05)
    async with (
        histories_compared(database_url, name="test"),
        await connect(database_url) as connection,
    ):
        assert not connection.outdated
        await connection.execute("SELECT annals_begin_history()")

        async def outdated() -> bool:
            return connection.outdated

        await until(outdated)


async def test_a_new_connection_is_opened_now_and_then(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "COMPARE_SECONDS", 0.01)
    seen: set[int] = set()
    async with (
        histories_compared(database_url, name="test"),
        await connect(database_url) as connection,
    ):

        async def two_seen() -> bool:
            cursor = await connection.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE application_name = 'annals test compare' AND datname = current_database()"
            )
            seen.update(pid for (pid,) in await cursor.fetchall())
            return len(seen) > 1

        await until(two_seen)


@pytest.fixture(scope="module")
def servers() -> Iterator[PostgresCluster]:
    """Two that both take writes: a standby was promoted, and its primary goes on."""
    with postgres_cluster() as cluster:
        migrate(cluster.primary.url)
        cluster.wait_until_caught_up()
        cluster.standby.promote()
        yield cluster


@asynccontextmanager
async def process(wire: Wire, name: str) -> AsyncIterator[DatabaseConnection]:
    """A connection that stays open, of a process that compares histories by itself."""
    url = f"{wire.url}?fallback_application_name={name}"  # a process knows one address
    async with (
        await connect(url, name=name) as connection,
        histories_compared(url, name=name),
    ):
        yield connection


def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "COMPARE_SECONDS", 0.05)
    # No process finds the other server by a connection that it would open anyway.
    monkeypatch.setattr(comparing, "COMPARISONS_A_CONNECTION", 1_000_000)


async def outdated(*connections: DatabaseConnection) -> None:
    async def all_outdated() -> bool:
        return all(connection.outdated for connection in connections)

    await until(all_outdated)


LOOKERS = """
SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)
WHERE locktype = 'advisory' AND classid = hashtext('annals comparing')::oid
    AND granted AND datname = current_database()
"""


@asynccontextmanager
async def next_looker(server: PostgresNode) -> AsyncIterator[None]:
    """Once a process looks, let nobody take its place: the others have to be told."""
    async with await AsyncConnection.connect(server.url, autocommit=True) as connection:

        async def somebody_looks() -> bool:
            return len(server.query(LOOKERS)) == 1

        await until(somebody_looks)
        lock = "SELECT pg_advisory_lock(hashtext('annals comparing'), 0)"
        taking = asyncio.create_task(connection.execute(lock))
        queued = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

        async def waits() -> bool:
            return server.query(queued) == [(1,)]

        await until(waits)
        try:
            yield
        finally:
            taking.cancel()
            await asyncio.wait({taking})


async def test_all_processes_notice_a_server_that_takes_the_address_of_one_that_still_answers(
    servers: PostgresCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_hurry(monkeypatch)
    async with (
        wire_to(servers.primary.url) as wire,
        process(wire, "one") as first,
        process(wire, "two") as second,
        process(wire, "three") as third,
        next_looker(servers.primary),
    ):
        wire.lead_to(servers.standby.url)
        await outdated(first, second, third)
        await first.execute("SELECT 1")  # the server of before still answers
        assert [each.watch.epoch for each in (first, second, third)] == [1, 1, 1]


TRIED = """
SELECT application_name FROM pg_stat_activity
WHERE application_name LIKE '% five compare' AND query LIKE '%annals comparing%'
"""


async def test_one_process_looks_for_all_and_another_when_it_is_gone(
    servers: PostgresCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_hurry(monkeypatch)
    async with wire_to(servers.primary.url) as wire, AsyncExitStack() as first:
        await first.enter_async_context(process(wire, "four"))
        looker = "annals four compare"

        async def looks() -> bool:
            return servers.primary.query(LOOKERS) == [(looker,)]

        await until(looks)
        async with process(wire, "five") as last:

            async def tried() -> bool:
                return servers.primary.query(TRIED) == [("annals five compare",)]

            await until(tried)
            assert await looks()
            await first.aclose()
            looker = "annals five compare"
            await until(looks)
            wire.lead_to(servers.standby.url)
            await outdated(last)


async def test_a_clock_that_differs_from_the_databases_is_a_warning(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for most, warnings in ((1.0, 0), (-1.0, 1)):  # clocks of one machine never differ by a second
        monkeypatch.setattr(comparing, "MAX_OFFSET_SECONDS", most)
        with capture_logs() as logs:
            async with histories_compared(database_url, name="test"):
                pass
        assert len([line for line in logs if line["event"] == "clock_differs"]) == warnings
    assert abs(CLOCK_OFFSET._value.get()) < 1
