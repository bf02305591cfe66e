"""How old an event is when `task_list` shows it, while HTTP clients write all they can."""

import asyncio
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

from infrastructure.following.checkpoints import applied
from infrastructure.postgres.connections import connect
from infrastructure.postgres.migrations import migrate
from infrastructure.store.event_log import EventLog
from infrastructure.store.mapper import RecordMapper
from projections.catalogue import VIEWS
from tests.bench.big_log import RARE
from tests.bench.figures import Figure
from tests.bench.http import sign_in
from tests.support.clients.load_client import load, request
from tests.support.processes.cli_process import annals
from tests.support.processes.serve_processes import serving
from tests.support.servers.databases import postgres_server

EVENTS = EventLog(RecordMapper())
SECONDS = 10.0


def run() -> list[Figure]:
    # As in production: whatever is committed is on disk.
    with postgres_server({"max_wal_size": "4GB"}) as server:
        return [_following(server.create("following"))]


def _following(url: str) -> Figure:
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
    return Figure(
        what="live view lag at full write load, p99",
        value=cuts[98],
        unit="ms",
        goal=200,
        aim=100,
        at_most=True,
        note=f"p50 {cuts[49]:.0f} ms; {created / SECONDS:,.0f} POST /tasks a second meanwhile,"
        f" {len(VIEWS)} views and all reactions",
    )


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
