"""Appending under a slow disk: the published floor beside the library's table lock."""

import asyncio
import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from uuid import uuid4

import psycopg
import uvloop
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from domain.events.tasks import TaskCreated
from infrastructure.postgres.connections import connect
from infrastructure.postgres.migrations import migrate
from infrastructure.store.event_log import EventLog
from infrastructure.store.event_store import PostgresEventStore
from infrastructure.store.mapper import RecordMapper
from tests.bench.figures import Figure
from tests.support.facts import ADA, recorded
from tests.support.servers.databases import postgres_server

PROCESSES, EACH, SECONDS = 4, 32, 6.0
EVENT = TaskCreated(owner=ADA, title="Water the plants", tags=("home",))
# A commit takes a millisecond more, as on a disk that is not this one.
SLOW_DISK = {"commit_delay": "1000", "commit_siblings": "0", "max_connections": "250"}


def run() -> list[Figure]:
    with postgres_server(SLOW_DISK) as server:
        ours = _race(server.create("ours"), _append_ours)
        theirs = _race(server.create("theirs"), _insert_with_library)
    events, p99, missed = ours
    baseline, baseline_p99, _ = theirs
    note = f"p99 {p99:.1f} ms beside {baseline_p99:.1f} ms; {missed} missed by the reader"
    return [
        Figure(
            what="append at +1 ms commit, 4 writer processes × 32, gap-free reader running",
            value=events,
            unit="events/s",
            baseline=baseline,
            goal=15,
            aim=30,
            note=note,
        )
    ]


Writer = Callable[[str, float], tuple[int, list[float]]]


def _race(url: str, writer: Writer) -> tuple[float, float, int]:
    """Return events a second, the p99 of a command in ms, and how many the reader missed."""
    migrate(url)
    context = multiprocessing.get_context("spawn")
    results: Queue[tuple[int, list[float]]] = context.Queue()
    done = context.Event()
    seen: Queue[int] = context.Queue()
    reader = context.Process(target=_follow, args=(url, done, seen))
    reader.start()
    writers = [
        context.Process(target=_report, args=(writer, url, results)) for _ in range(PROCESSES)
    ]
    for process in writers:
        process.start()
    outcomes = [results.get() for _ in writers]
    for process in writers:
        process.join()
    done.set()
    read = seen.get()
    reader.join()
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM stored_events").fetchone()
    stored = row[0] if row else 0
    latencies = [latency for _, found in outcomes for latency in found]
    p99 = statistics.quantiles(latencies, n=100)[98] * 1000
    return sum(count for count, _ in outcomes) / SECONDS, p99, stored - read


def _report(writer: Writer, url: str, results: "Queue[tuple[int, list[float]]]") -> None:
    results.put(writer(url, SECONDS))


def _append_ours(url: str, seconds: float) -> tuple[int, list[float]]:
    latencies: list[float] = []

    async def main() -> None:
        store = PostgresEventStore(partial(connect, url), RecordMapper(), timeout_seconds=30)
        end = time.perf_counter() + seconds

        async def client() -> None:
            while (began := time.perf_counter()) < end:
                await store.append([recorded(EVENT, stream=uuid4())])
                latencies.append(time.perf_counter() - began)

        await asyncio.gather(*(client() for _ in range(EACH)))
        await store.close()

    uvloop.run(main())
    return len(latencies), latencies


def _insert_with_library(url: str, seconds: float) -> tuple[int, list[float]]:
    about = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    datastore = PostgresDatastore(
        dbname=about["dbname"],
        host=about["host"],
        port=about["port"],
        user=about["user"],
        password=about["password"],
        originator_id_type="uuid",
        pool_size=EACH,
        max_overflow=EACH,
    )
    recorder = PostgresApplicationRecorder(datastore)
    mapper, lock = RecordMapper(), threading.Lock()
    latencies: list[float] = []
    end = time.perf_counter() + seconds

    def client(_: int) -> None:
        mine: list[float] = []
        while (began := time.perf_counter()) < end:
            stored: StoredEvent = mapper.to_stored_event(recorded(EVENT, stream=uuid4()))
            recorder.insert_events([stored])
            mine.append(time.perf_counter() - began)
        with lock:
            latencies.extend(mine)

    with ThreadPoolExecutor(EACH) as clients:
        list(clients.map(client, range(EACH)))
    datastore.close()
    return len(latencies), latencies


def _follow(url: str, done: Event, seen: "Queue[int]") -> None:
    async def main() -> None:
        log, horizon, count = EventLog(RecordMapper()), 0, 0
        async with await connect(url) as connection:
            while True:
                finishing = done.is_set()
                page = await log.read(connection, horizon)
                count += len(page.entries)
                horizon = page.horizon
                if finishing and not page.entries:
                    break
                if len(page.entries) < 1000:
                    await asyncio.sleep(0.02)
        seen.put(count)

    uvloop.run(main())
