"""Relaying to the embedded broker: how fast it catches up, how far behind it is under load."""

import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import uvloop
from psycopg import AsyncConnection

from domain.events.tasks import TaskCompleted, TaskCreated, TaskTagged, TaskUpdated
from domain.vocabulary import AccountId
from infrastructure.config.settings import Settings
from infrastructure.development.embedded.kafka import EmbeddedKafka
from infrastructure.following.checkpoints import applied
from infrastructure.postgres.connections import connect
from infrastructure.postgres.migrations import migrate
from infrastructure.relaying.relay import READER
from infrastructure.store.mapper import RecordMapper
from infrastructure.wiring.relay_admin import RelayAdmin
from interfaces.processes.gc_tuning import tune_gc
from tests.bench.figures import Figure
from tests.bench.http import sign_in
from tests.support.clients.load_client import load, request
from tests.support.facts import history
from tests.support.processes.serve_processes import serving
from tests.support.servers.databases import postgres_server, running, scratch

EVENTS, ACCOUNTS = 200_000, 500
SECONDS = 8.0
WARM = 500  # events before anything is measured


def run() -> list[Figure]:
    with scratch() as folder, postgres_server({}) as server:
        kafka = EmbeddedKafka(folder / "kafka")
        with running(kafka.server):
            asyncio.run(kafka.ready())
            behind, busy = server.create("behind"), server.create("busy")
            migrate(behind)
            migrate(busy)
            _fill(behind)
            with _process(_relay, behind, kafka.bootstrap_servers):
                rate = uvloop.run(_catch_up(behind))
            with serving(busy, folder, processes=2) as api:
                token = sign_in(api)
                with _process(_relay, busy, kafka.bootstrap_servers):
                    lags, written = uvloop.run(_lag(busy, api.port, token))
    return [
        Figure(
            what=f"relay catch-up, {EVENTS:,} events to the embedded broker",
            value=rate,
            unit="events/s",
            goal=15_000,
            aim=30_000,
        ),
        Figure(
            what="relay lag at full write load over HTTP, 2 processes, 32 connections, p99",
            value=statistics.quantiles(lags, n=100)[98],
            unit="events",
            goal=100,
            at_most=True,
            note=f"median {statistics.median(lags):,.0f}; {written:,.0f}/s written",
        ),
    ]


def _fill(url: str) -> None:
    mapper = RecordMapper()
    accounts = [AccountId(uuid4()) for _ in range(ACCOUNTS)]
    with psycopg.connect(url) as connection:
        into = "COPY stored_events (originator_id, originator_version, topic, state) FROM STDIN"
        with connection.cursor().copy(into) as copy:
            for number in range(EVENTS // 4):
                created = TaskCreated(owner=accounts[number % ACCOUNTS], title="Water the plants")
                happened = (created, TaskUpdated(title="All of them"), TaskTagged(tags=("home",)))
                for fact in history(*happened, TaskCompleted(), stream=uuid4()):
                    stored = mapper.to_stored_event(fact)
                    copy.write_row(
                        (
                            stored.originator_id,
                            stored.originator_version,
                            stored.topic,
                            stored.state,
                        )
                    )


async def _catch_up(url: str) -> float:
    """Return events a second from the first that moved to the last."""
    async with await connect(url) as connection:
        first = await _until(connection, 1)
        began = time.perf_counter()
        await _until(connection, EVENTS)
        return (EVENTS - first) / (time.perf_counter() - began)


async def _lag(url: str, port: int, token: str) -> tuple[list[int], float]:
    """Return lags, and the events written a second, once both are at work."""
    async with await connect(url) as connection:
        # A relay that is still starting would show how long that takes, and not how it keeps up.
        await _until(connection, await _written(connection))
        with _process(_post, port, token):
            await _until(connection, await _written(connection) + WARM)
            began, first = time.perf_counter(), await _written(connection)
            lags: list[int] = []
            while time.perf_counter() - began < SECONDS:
                lags.append(await _written(connection) - await applied(connection, READER))
                await asyncio.sleep(0.02)
            written = await _written(connection) - first
            return lags, written / (time.perf_counter() - began)


async def _until(connection: AsyncConnection, position: int) -> int:
    """Return where the relay is, once it is there or further."""
    while (reached := await applied(connection, READER)) < position:  # noqa: ASYNC110 - it rings no bell
        await asyncio.sleep(0.005)
    return reached


async def _written(connection: AsyncConnection) -> int:
    cursor = await connection.execute("SELECT max(notification_id) FROM stored_events")
    row = await cursor.fetchone()
    return int((row and row[0]) or 0)


@contextmanager
def _process(target: Callable[..., None], *words: object) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=target, args=words)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _relay(url: str, servers: str) -> None:
    settings = Settings.of(
        database_url=url, kafka_bootstrap_servers=servers, kafka_create_topics=True
    )
    tune_gc()
    uvloop.run(RelayAdmin(settings).run())


def _post(port: int, token: str) -> None:
    body = b'{"title":"Water the plants","tags":["home"]}'
    asked = request("POST", "/api/v1/tasks", body, token=token)
    uvloop.run(load(port, lambda: asked, expected=201, seconds=10 * SECONDS))
