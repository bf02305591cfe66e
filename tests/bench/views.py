"""The views: rebuilt from a million events, followed under full load."""

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections import deque
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from infrastructure.following.checkpoints import advance, applied, begin
from infrastructure.postgres.connections import connect, connect_blocking
from infrastructure.postgres.migrations import migrate
from infrastructure.projecting.view_writer import ViewWriter
from infrastructure.rebuilding.rebuild import rebuild
from infrastructure.store.event_log import EventLog
from infrastructure.store.mapper import RecordMapper
from projections.catalogue import VIEWS
from projections.views.tasks.task_list import TaskList
from tests.bench.big_log import RARE, lives_of_tasks, write
from tests.bench.figures import Figure
from tests.bench.http import sign_in
from tests.support.clients.load_client import load, request
from tests.support.processes.cli_process import annals
from tests.support.processes.serve_processes import serving
from tests.support.servers.databases import postgres_server

EVENTS = EventLog(RecordMapper())
MILLION = 1_000_000
ONE_BY_ONE = 4_000  # events of the baseline, which would take minutes for them all
SECONDS = 10.0


def run() -> list[Figure]:
    # As in production: whatever is committed is on disk.
    with postgres_server({"max_wal_size": "4GB"}) as server:
        figures = [_rebuilding(server.create("rebuilding"))]
        figures += _following(server.create("following"))
        return figures


def _rebuilding(url: str) -> Figure:
    migrate(url)
    events = write(url, lives_of_tasks(MILLION))
    baseline = asyncio.run(_one_by_one(url))
    began = time.perf_counter()
    asyncio.run(
        rebuild(url, TaskList(), EVENTS, workers=os.cpu_count() or 1, progress=lambda *_: None)
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
        writer = ViewWriter(TaskList(), EVENTS)
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


def _following(url: str) -> list[Figure]:
    """How old a fact is when `task_list` shows it, while HTTP clients write all they can."""
    migrate(url)
    number = count()
    with tempfile.TemporaryDirectory() as folder, serving(url, Path(folder), processes=2) as api:
        token = sign_in(api)

        def post() -> bytes:
            task = {"title": " ".join(random.choices(RARE, k=5)), "tags": [f"tag{next(number)}"]}
            return request("POST", "/api/v1/tasks", msgspec.json.encode(task), token=token)

        async def main() -> tuple[int, list[float]]:
            await load(api.port, post, expected=201, seconds=2)
            writing = asyncio.create_task(load(api.port, post, expected=201, seconds=SECONDS))
            lags = await _lags(url, writing)
            return len(await writing), lags

        with annals("project", database=url, log_level="error"):
            created, lags = uvloop.run(main())
    cuts = statistics.quantiles(lags, n=100)
    return [
        Figure(
            what="live view lag at full write load, p99",
            value=cuts[98],
            unit="ms",
            goal=500,
            aim=100,
            at_most=True,
            note=f"p50 {cuts[49]:.0f} ms; {created / SECONDS:,.0f} POST /tasks a second meanwhile,"
            f" {len(VIEWS)} views and all reactions",
        )
    ]


async def _lags(url: str, writing: "asyncio.Task[Any]") -> list[float]:
    """Note where the log ends, again and again, and how long the view takes to get there (ms)."""
    ahead: deque[tuple[int, float]] = deque()
    lags: list[float] = []
    async with await connect(url) as connection:
        while ahead or not writing.done():
            if not writing.done():
                ahead.append((await EVENTS.end(connection), time.perf_counter()))
            shown = await applied(connection, "task_list")
            now = time.perf_counter()
            while ahead and ahead[0][0] <= shown:
                lags.append(1000 * (now - ahead.popleft()[1]))
            await asyncio.sleep(0.005)
    return lags
