"""The views: rebuilt from a million events."""

import asyncio
import os
import time

from infrastructure.following.checkpoints import advance, begin
from infrastructure.postgres.connections import connect, connect_blocking
from infrastructure.postgres.migrations import migrate
from infrastructure.projecting.view_writer import ViewWriter
from infrastructure.rebuilding.rebuild import rebuild
from infrastructure.store.event_log import EventLog
from infrastructure.store.mapper import RecordMapper
from projections.views.tasks.task_list import TaskListView
from tests.bench.big_log import lives_of_tasks, write
from tests.bench.figures import Figure
from tests.support.servers.databases import postgres_server

EVENTS = EventLog(RecordMapper())
MILLION = 1_000_000
ONE_BY_ONE = 4_000  # events of the baseline, which would take minutes for them all


def run() -> list[Figure]:
    # As in production: whatever is committed is on disk.
    with postgres_server({"max_wal_size": "4GB"}) as server:
        return [_rebuilding(server.create("rebuilding"))]


def _rebuilding(url: str) -> Figure:
    migrate(url)
    events = write(url, lives_of_tasks(MILLION))
    baseline = asyncio.run(_one_by_one(url))
    began = time.perf_counter()
    asyncio.run(
        rebuild(url, TaskListView(), EVENTS, workers=os.cpu_count() or 1, progress=lambda *_: None)
    )
    rate = events / (time.perf_counter() - began)
    with connect_blocking(url, name="bench") as connection:
        row = connection.execute("SELECT count(*) FROM task_list").fetchone()
    return Figure(
        what="rebuild of task_list from 1,000,000 events, beside one event per transaction",
        value=rate,
        unit="events/s",
        baseline=baseline,
        goal=40,
        aim=100,
        note=f"{row[0] if row else 0:,} rows, {os.cpu_count()} workers, indexes and swap included",
    )


async def _one_by_one(url: str) -> float:
    """Events a second when each moves its row and the position in a transaction of its own."""
    async with await connect(url) as connection:
        # Not even the disk has to be waited for, so this is as fast as it gets.
        await connection.execute("SET synchronous_commit = off")
        writer = ViewWriter(TaskListView(), EVENTS)
        position = await begin(connection, "task_list")
        # Some rows first, so that the table has some size: what is measured comes after.
        while position < 50_000:
            position = await writer.advance(connection, position, limit=1_000)
        entries = await EVENTS.between(connection, position, position + ONE_BY_ONE)
        began = time.perf_counter()
        for entry in entries:
            async with connection.transaction():
                await advance(connection, "task_list", start=position, end=entry.position)
                await writer.write(connection, [entry])
            position = entry.position
        return len(entries) / (time.perf_counter() - began)
