"""The views: rebuilt from a million events, and searched among a million tasks."""

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from uuid import UUID

import psycopg
import uvloop
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.events.identity.accounts import AccountRegistered
from domain.vocabulary import Priority, Role, Status
from infrastructure.following.checkpoints import advance, begin
from infrastructure.postgres.connections import connect, connect_blocking, query_pool
from infrastructure.postgres.migrations import migrate
from infrastructure.projecting.view_writer import ViewWriter
from infrastructure.rebuilding.rebuild import rebuild
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.tokens import TokenSigner
from infrastructure.store.event_log import EventLog
from infrastructure.store.mapper import RecordMapper
from projections.views.searching.task_query import SortBy, TaskPage, TaskQuery
from projections.views.searching.task_search import search
from projections.views.tasks.task_list import TaskList
from tests.bench.big_log import COMMON, RARE, lives_of_tasks, owner, tasks_of_owners, write
from tests.bench.figures import Figure
from tests.support.clients.load_client import load, request
from tests.support.facts import recorded
from tests.support.processes.serve_processes import serving
from tests.support.servers.databases import postgres_server

EVENTS = EventLog(RecordMapper())
MILLION = 1_000_000
ONE_BY_ONE = 4_000  # events of the baseline, which would take minutes for them all
SECONDS = 10.0
SEARCHES = 400
BIG_OWNER, OWNERS, EACH = owner(0), 1_000, 1_000


def run() -> list[Figure]:
    # As in production: whatever is committed is on disk.
    with postgres_server({"max_wal_size": "4GB"}) as server:
        figures = [_rebuilding(server.create("rebuilding"))]
        figures += _searching(server.create("searching"))
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


def _searching(url: str) -> list[Figure]:
    migrate(url)
    owners = [(BIG_OWNER, 100_000), *((owner(n), EACH) for n in range(1, OWNERS + 1))]
    write(url, tasks_of_owners(owners))
    asyncio.run(
        rebuild(url, TaskList(), EVENTS, workers=os.cpu_count() or 1, progress=lambda *_: None)
    )
    return [*asyncio.run(_search(url)), *_search_over_http(url)]


def _register(url: str, owners: Sequence[UUID]) -> None:
    """Give the owners accounts, and each a session with the same id."""
    registered = AccountRegistered(email="bench@annals.example", name="Bench")
    write(url, [recorded(registered, stream=account) for account in owners])
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO sessions (id, account_id) VALUES (%s, %s)",
            [(account, account) for account in owners],
        )


def _search_over_http(url: str) -> list[Figure]:
    """The same questions as a client asks them: 32 connections, no pause, two processes."""
    chance = random.Random(4)
    # Together twice the cores, as docs/scaling.md has it.
    few = str(max(2, os.cpu_count() or 2))
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(url, Path(folder), processes=2, query_connections=few) as api,
    ):
        keys = KeyRing(Path(folder) / "keys")
        tokens = TokenSigner(keys, issuer="annals", audience="annals", life=900)
        numbers = (0, *chance.sample(range(1, OWNERS + 1), 100))
        _register(url, [owner(number) for number in numbers])
        of = {number: tokens.issue(owner(number), [Role.USER], owner(number)) for number in numbers}
        others = list(of)[1:]
        pages = (
            "status=open&priority=high,medium&tags=tag7",
            "status=open&sort=due_at",
        )

        def page() -> bytes:
            return request("GET", f"/api/v1/tasks?{chance.choice(pages)}", token=of[0])

        def words() -> bytes:
            asked = f"{chance.choice(COMMON)}%20{chance.choice(RARE)}"
            token = of[chance.choice(others)]
            return request("GET", f"/api/v1/tasks?q={asked}", token=token)

        def measured(ask: Callable[[], bytes]) -> tuple[float, float, float]:
            uvloop.run(load(api.port, ask, expected=200, seconds=1))
            took = [
                1000 * a.seconds for a in uvloop.run(load(api.port, ask, expected=200, seconds=5))
            ]
            cuts = statistics.quantiles(took, n=20)
            return cuts[18], cuts[9], len(took) / 5

        (first, first_half, pages_a_second), (found, half, searches) = (
            measured(page),
            measured(words),
        )
    return [
        Figure(
            what="GET /tasks first page of 100,000 tasks, filters on, 32 connections: p95",
            value=first,
            unit="ms",
            goal=25,
            aim=10,
            at_most=True,
            note=f"p50 {first_half:.1f} ms, {pages_a_second:,.0f}/s",
        ),
        Figure(
            what="GET /tasks?q= among 1,100,000 tasks, 32 connections: p95",
            value=found,
            unit="ms",
            goal=50,
            aim=15,
            at_most=True,
            note=f"p50 {half:.1f} ms, {searches:,.0f}/s",
        ),
    ]


async def _search(url: str) -> list[Figure]:
    chance = random.Random(4)

    def someone() -> TaskQuery:
        words = f"{chance.choice(COMMON)} {chance.choice((chance.choice(RARE), 'or call', ''))}"
        return TaskQuery(q=words)

    filtered = TaskQuery(
        status=[Status.OPEN], priority=[Priority.HIGH, Priority.MEDIUM], tags=["tag7"]
    )
    by_date = TaskQuery(status=[Status.OPEN], sort=[SortBy(field="due_at")])

    def beginning() -> TaskQuery:
        return TaskQuery(q=f"{chance.choice(COMMON)} {chance.choice(RARE)[:-1]}")

    async with query_pool(url) as pool:
        begun = await _timed(
            pool, lambda c: search(c, owner(chance.randint(1, OWNERS)), beginning())
        )
        common = await _timed(
            pool, lambda c: search(c, BIG_OWNER, TaskQuery(q=chance.choice(COMMON)))
        )
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
            what="the same with a last word that goes on, p95 in the database",
            value=begun[1],
            unit="ms",
            goal=50,
            aim=15,
            at_most=True,
            note=f"p50 {begun[0]:.1f} ms, 8 connections, no pause",
        ),
        Figure(
            what="one word of 50,000 among 100,000 tasks of one owner, p95 in the database",
            value=common[1],
            unit="ms",
            goal=70,
            aim=10,
            at_most=True,
            note=f"p50 {common[0]:.1f} ms, 8 connections, no pause",
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
