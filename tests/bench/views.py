"""The views: rebuilt from a million events, followed under full load, searched among a million."""

import asyncio
import multiprocessing
import os
import random
import statistics
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from uuid import uuid4

import psycopg
import uvloop
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.events import AnyEvent, TaskCompleted, TaskCreated
from domain.vocabulary import Priority, Status
from infrastructure.event_log import EventLog
from infrastructure.event_store import PostgresEventStore
from infrastructure.following import follow
from infrastructure.mapper import RecordMapper
from infrastructure.migrations import migrate
from infrastructure.positions import applied, begin, move
from infrastructure.postgres import connect, query_pool
from infrastructure.rebuild import rebuild
from infrastructure.shared_log import SharedLog
from infrastructure.view_writer import ViewWriter
from projections.catalogue import VIEWS
from projections.task_list import TaskList
from projections.task_search import SortBy, TaskPage, TaskQuery, search
from tests.bench.big_log import COMMON, RARE, lives_of_tasks, owner, tasks_of_owners, write
from tests.bench.figures import Figure
from tests.facts import ADA, recorded
from tests.servers import postgres_server

EVENTS = EventLog(RecordMapper())
MILLION = 1_000_000
ONE_BY_ONE = 4_000  # events of the baseline, which would take minutes for them all
CLIENTS, SECONDS = 32, 10.0
SEARCHES = 400
BIG_OWNER, OWNERS, EACH = owner(0), 1_000, 1_000


def run() -> list[Figure]:
    # As in production: whatever is committed is on disk.
    with postgres_server({"max_wal_size": "4GB"}) as server:
        figures = [_rebuilding(server.create("rebuilding"))]
        figures += _following(server.create("following"))
        figures += _searching(server.create("searching"))
    return figures


def _rebuilding(url: str) -> Figure:
    migrate(url)
    count = write(url, lives_of_tasks(MILLION))
    baseline = asyncio.run(_one_by_one(url))
    began = time.perf_counter()
    asyncio.run(
        rebuild(url, TaskList(), EVENTS, workers=os.cpu_count() or 1, progress=lambda *_: None)
    )
    rate = count / (time.perf_counter() - began)
    with psycopg.connect(url) as connection:
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
                await move(connection, "task_list", start=position, end=entry.position)
                await writer.write(connection, [entry])
            position = entry.position
        return len(entries) / (time.perf_counter() - began)


def _following(url: str) -> list[Figure]:
    """The age of a fact when `task_list` shows it, while clients write as fast as they can."""
    migrate(url)
    context = multiprocessing.get_context("spawn")
    projector = context.Process(target=_project, args=(url,), daemon=True)
    projector.start()
    ours, theirs = context.Pipe()
    writer = context.Process(target=_write, args=(url, theirs), daemon=True)
    writer.start()
    rate, lags = ours.recv()
    writer.join()
    projector.kill()
    projector.join()
    p50, p99 = _quantiles(lags)
    return [
        Figure(
            what="live view lag at full write load, p99",
            value=p99,
            unit="ms",
            goal=500,
            aim=100,
            at_most=True,
            note=f"p50 {p50:.0f} ms, at {rate:,.0f} events/s into the log and {len(VIEWS)} views",
        )
    ]


def _project(url: str) -> None:
    async def main() -> None:
        log = SharedLog(RecordMapper())
        await asyncio.gather(
            *(follow(url, view.name, partial(ViewWriter, view, log)) for view in VIEWS)
        )

    uvloop.run(main())


def _write(url: str, report: "Connection[tuple[float, list[float]], None]") -> None:
    report.send(uvloop.run(_write_and_watch(url)))


async def _write_and_watch(url: str) -> tuple[float, list[float]]:
    """Write with all clients for a while; return events a second, and lags in ms."""
    store = PostgresEventStore(partial(connect, url), RecordMapper(), patience=30)
    waiting: deque[tuple[int, float]] = deque()
    lags: list[float] = []
    count = 0
    end = time.perf_counter() + SECONDS

    async def client(chance: random.Random) -> None:
        nonlocal count
        while time.perf_counter() < end:
            task = uuid4()
            title = " ".join(chance.choices(RARE, k=5))
            created = TaskCreated(owner=ADA, title=title, tags=("home",))
            facts: tuple[AnyEvent, ...] = (created, TaskCompleted())
            for version, event in enumerate(facts, start=1):
                (position,) = await store.append([recorded(event, stream=task, version=version)])
                waiting.append((position, time.perf_counter()))
                count += 1

    async def watch() -> None:
        async with await connect(url) as connection:
            while waiting or time.perf_counter() < end:
                shown = await applied(connection, "task_list")
                now = time.perf_counter()
                while waiting and waiting[0][0] <= shown:
                    lags.append(1000 * (now - waiting.popleft()[1]))
                await asyncio.sleep(0.005)

    await asyncio.gather(watch(), *(client(random.Random(number)) for number in range(CLIENTS)))
    await store.close()
    return count / SECONDS, lags


def _searching(url: str) -> list[Figure]:
    migrate(url)
    owners = [(BIG_OWNER, 100_000), *((owner(n), EACH) for n in range(1, OWNERS + 1))]
    write(url, tasks_of_owners(owners))
    asyncio.run(
        rebuild(url, TaskList(), EVENTS, workers=os.cpu_count() or 1, progress=lambda *_: None)
    )
    return asyncio.run(_search(url))


async def _search(url: str) -> list[Figure]:
    chance = random.Random(4)

    def someone() -> TaskQuery:
        words = f"{chance.choice(COMMON)} {chance.choice((chance.choice(RARE), 'or call', ''))}"
        return TaskQuery(q=words)

    filtered = TaskQuery(
        status=[Status.OPEN], priority=[Priority.HIGH, Priority.MEDIUM], tags=["tag7"]
    )
    by_date = TaskQuery(status=[Status.OPEN], sort=[SortBy(field="due_at")])

    async with query_pool(url) as pool:
        words = await _timed(pool, lambda c: search(c, owner(chance.randint(1, OWNERS)), someone()))
        page = await _timed(
            pool, lambda c: search(c, BIG_OWNER, chance.choice((filtered, by_date)))
        )
    return [
        Figure(
            what="full text among 1,100,000 tasks of 1,001 owners, p95 in the database",
            value=words[1],
            unit="ms",
            goal=50,
            aim=15,
            at_most=True,
            note=f"p50 {words[0]:.1f} ms, 8 connections, no pause",
        ),
        Figure(
            what="first page of 100,000 tasks of one owner, filters on, p95 in the database",
            value=page[1],
            unit="ms",
            goal=25,
            aim=10,
            at_most=True,
            note=f"p50 {page[0]:.1f} ms, 8 connections, no pause",
        ),
    ]


async def _timed(
    pool: AsyncConnectionPool, question: Callable[[AsyncConnection], Awaitable[TaskPage]]
) -> tuple[float, float]:
    """Return the median and the 95th percentile, in ms, of a question asked on 8 connections."""
    took: list[float] = []

    async def client() -> None:
        async with pool.connection() as connection:
            await question(connection)  # the first time is spent preparing
            for _ in range(SEARCHES // 8):
                began = time.perf_counter()
                await question(connection)
                took.append(1000 * (time.perf_counter() - began))

    await asyncio.gather(*(client() for _ in range(8)))
    took.sort()
    return statistics.median(took), took[int(0.95 * len(took))]


def _quantiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile."""
    cuts = statistics.quantiles(values, n=100)
    return cuts[49], cuts[98]
