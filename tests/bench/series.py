"""The daily look at everything that recurs: when all of it lacks one occurrence, and when none."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import uvloop
from psycopg import AsyncConnection

from application.command_handler import CommandHandler
from domain.events.recorded import Recorded
from domain.events.series import SeriesOccurrencesMade
from domain.recurrence.local_time import ZONES_VERSION, wall_clock, zone
from domain.recurrence.recurrence import occurrences
from domain.series import Series
from domain.values.schedule import Materialization, Schedule, Template
from domain.values.series_tasks import SeriesTask
from domain.values.streams import occurrence_stream
from domain.vocabulary import SeriesId, TaskId
from infrastructure.postgres.connections import connect, query_pool
from infrastructure.postgres.migrations import migrate
from infrastructure.postgres.queries import QueryRunner
from infrastructure.rebuilding.rebuild import rebuild
from infrastructure.scheduling.series_top_up import SeriesTopUp
from infrastructure.store.event_log import EventLog
from infrastructure.store.event_store import PostgresEventStore
from infrastructure.store.mapper import RecordMapper
from projections.views.tasks.series_list import SeriesList
from tests.bench.figures import Figure
from tests.support.facts import ADA, history
from tests.support.servers.databases import postgres_server

SERIES = 100_000
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")
DURABLE: dict[str, str] = {}


def run() -> list[Figure]:
    with postgres_server(DURABLE) as server:
        url = server.create("series")
        migrate(url)
        return uvloop.run(_measured(url))


async def _measured(url: str) -> list[Figure]:
    store = PostgresEventStore(partial(connect, url), RecordMapper(), timeout_seconds=60)
    async with query_pool(url) as pool, await connect(url) as connection:
        await _begun(store)
        await _shown(url, connection)
        horizon = SeriesTopUp(QueryRunner(pool, timeout_seconds=60), CommandHandler(store))
        busy = await _timed(horizon)
        made = await _count(connection)
        await _shown(url, connection)
        idle = await _timed(horizon)
        assert await _count(connection) == made == SERIES, f"{made:,} occurrences"
    await store.close()
    return [
        Figure(
            what=f"{SERIES:,} series scanned and topped up with one occurrence each",
            value=busy,
            unit="s",
            goal=60,
            aim=30,
            at_most=True,
            note=f"{SERIES / busy:,.0f} series/s in one process",
        ),
        Figure(
            what=f"daily scan of {SERIES:,} series that lack nothing",
            value=idle * 1000,
            unit="ms",
            goal=1000,
            aim=10,
            at_most=True,
        ),
    ]


async def _timed(horizon: SeriesTopUp) -> float:
    began = time.perf_counter()
    await horizon.top_up()
    return time.perf_counter() - began


async def _count(connection: AsyncConnection) -> int:
    cursor = await connection.execute(
        "SELECT count(*) FROM stored_events WHERE topic = 'task.occurrence_generated'"
    )
    return int((await cursor.fetchone() or (0,))[0])


async def _shown(url: str, connection: AsyncConnection) -> None:
    await rebuild(url, SeriesList(), EventLog(RecordMapper()), workers=2, progress=lambda *_: None)
    await connection.execute("VACUUM ANALYZE")


async def _begun(store: PostgresEventStore) -> None:
    """Record series as they stand after some weeks: twelve made, and a thirteenth come near."""
    batch: list[Recorded] = []
    for number in range(SERIES):
        batch += _stream(number)
        if len(batch) >= 2_000:
            await store.append(batch)
            batch = []
    if batch:
        await store.append(batch)
    await asyncio.sleep(0)


def _stream(number: int) -> list[Recorded]:
    series, timezone = SeriesId(UUID(int=number + 1)), ZONES[number % len(ZONES)]
    start = wall_clock(datetime.now(UTC) - timedelta(days=3), zone(timezone))
    start = start.replace(hour=number % 24, minute=number % 60, second=0, microsecond=0)
    schedule = Schedule(
        rule="FREQ=WEEKLY", start=start, timezone=timezone, ahead=Materialization.HORIZON
    )
    first = SeriesTask(occurrence=start, task_id=TaskId(UUID(int=10**9 + number)))
    began = Series.start(ADA, Template(title=f"Task {number}", tags=("home",)), schedule, first)
    made = SeriesOccurrencesMade(
        made=tuple(
            SeriesTask(occurrence=wall, task_id=TaskId(occurrence_stream(series, wall)))
            for wall in occurrences(schedule.recurrence, start, limit=12)
        ),
        next_due=datetime.now(UTC) + timedelta(days=88),
        tzdata=ZONES_VERSION,
    )
    return history(*began, made, stream=series)
