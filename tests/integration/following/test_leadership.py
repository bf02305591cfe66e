"""A stopped process loses its readers within seconds, and cannot write when it wakes up."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator

import psycopg
import pytest

from domain.events.tasks import TaskCreated
from infrastructure.following.leadership import LEASE_SECONDS, STANDBY_SECONDS, leadership
from infrastructure.postgres.connections import connect
from projections.catalogue import VIEWS
from projections.views.tasks.task_list import TaskListView
from tests.support.event_log import Log, open_log
from tests.support.facts import ADA
from tests.support.processes.cli_process import annals, killed
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

TAKEOVER_SECONDS = 5.0
CREATED = TaskCreated(owner=ADA, title="Water the plants")


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


async def leader_of(log: Log, name: str) -> int | None:
    """Return the backend that holds the lock of a reader."""
    cursor = await log.connection.execute(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
        " AND classid = hashtext('annals reader')::oid AND objid = hashtext(%s)::oid"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        (name,),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else None


async def test_a_standby_takes_over_from_a_stopped_projector_which_cannot_write_any_more(
    log: Log,
) -> None:
    assert LEASE_SECONDS + 2 * STANDBY_SECONDS <= TAKEOVER_SECONDS
    with annals("project", database=log.url) as first:
        await log.happened(CREATED)
        for view in VIEWS:
            await log.caught_up(view, within=30)
        leader = await leader_of(log, "task_list")
        with annals("project", database=log.url) as second:
            await until(lambda: standing_by(log), within=30)
            first.send_signal(signal.SIGSTOP)
            try:
                await log.happened(CREATED)
                # Longer than promised, because this machine may be busy; it would last for ever.
                await log.caught_up(TaskListView(), within=6 * TAKEOVER_SECONDS)
                assert await leader_of(log, "task_list") != leader
            finally:
                first.send_signal(signal.SIGCONT)
            await log.happened(CREATED)
            await log.caught_up(TaskListView(), within=30)
            assert len(await log.rows(TaskListView())) == 3
            await killed(second)
        await log.happened(CREATED)  # the first one is a standby now, and takes over in its turn
        await log.caught_up(TaskListView(), within=30)
        assert len(await log.rows(TaskListView())) == 4


async def standing_by(log: Log) -> bool:
    cursor = await log.connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'annals follow task_list'"
    )
    return await cursor.fetchone() == (2,)


async def test_a_runner_whose_event_loop_is_busy_for_long_is_not_thrown_out(log: Log) -> None:
    async with (
        await connect(log.url) as ours,
        await connect(log.url) as standby,
        leadership(log.url, ours, "busy"),
    ):
        with psycopg.connect(log.url, autocommit=True) as observer:
            other = asyncio.create_task(enter(log.url, standby))
            await asyncio.sleep(0)
            until_time = time.monotonic() + LEASE_SECONDS + 3 * STANDBY_SECONDS
            while time.monotonic() < until_time:  # nothing else runs in this loop
                observer.execute("SELECT pg_sleep(0.1)")
        await asyncio.sleep(2 * STANDBY_SECONDS)  # the standby looks twice
        await ours.execute("SELECT 1")  # still connected
        assert await leader_of(log, "busy") == ours.info.backend_pid
        other.cancel()
        await asyncio.gather(other, return_exceptions=True)


async def enter(url: str, connection: psycopg.AsyncConnection) -> None:
    async with leadership(url, connection, "busy"):
        raise AssertionError("the standby became the leader")
