"""How a process lets itself be watched: traces, and a port of its own for metrics and health."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from psycopg import AsyncConnection
from redis.exceptions import RedisError

from application.ports.startup import CannotStart
from infrastructure.config.settings import Settings
from infrastructure.monitoring.database_metrics import Sounding
from infrastructure.monitoring.process_metrics import MetricReader, build
from infrastructure.postgres.connections import connect
from infrastructure.postgres.migrations import head, revision
from infrastructure.telemetry import tracing
from infrastructure.telemetry.metrics import INSTRUMENTS

log = structlog.get_logger()

PROBE_TIMEOUT_SECONDS = 4.0  # seconds for all questions of a scrape; Prometheus waits 10
SPAN_FLUSH_SECONDS = 1.5  # seconds for the last spans
LARGEST_REQUEST = 16 * 1024


class Monitor:
    """What a process tells: its instruments, and what is added here."""

    def __init__(self, url: str, process: str) -> None:
        self._url = url
        # A second series for each, which nobody looks at.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        for instrument in INSTRUMENTS[process]:
            self._registry.register(instrument)
        ProcessCollector(registry=self._registry)
        self._readings: list[MetricReader] = [build(process)]
        self._soundings: list[Sounding] = []
        self._turn = asyncio.Lock()
        self._sounded: list[Metric] = []
        self._registry.register(self)

    def add(self, *readings: MetricReader) -> None:
        self._readings += readings

    def add_probe(self, *soundings: Sounding) -> None:
        self._soundings += soundings

    def collect(self) -> Iterable[Metric]:
        """Called by the registry."""
        for reading in self._readings:
            yield from reading()
        yield from self._sounded

    async def metrics(self) -> bytes:
        """Return all of it in the text form of Prometheus.

        What cannot be found out is left out: an old figure would be taken for a new one.
        """
        async with self._turn:
            self._sounded = await self._ask()
            return generate_latest(self._registry)

    async def ready(self) -> bool:
        """Whether the database is there with the schema this code knows, or a later one."""
        try:
            async with (
                asyncio.timeout(PROBE_TIMEOUT_SECONDS),
                await connect(self._url) as connection,
            ):
                found = await revision(connection)
        except (psycopg.Error, OSError):
            return False
        return found is not None and found >= head()

    async def _ask(self) -> list[Metric]:
        families: list[Metric] = []
        up = 0
        try:
            async with (
                asyncio.timeout(PROBE_TIMEOUT_SECONDS),
                await connect(self._url, name="annals metrics") as connection,
            ):
                up = 1
                for sounding in self._soundings:
                    families += await _sounded(sounding, connection)
        except (psycopg.Error, OSError) as error:
            log.warning("not all metrics could be found out", error=str(error))
        families.append(GaugeMetricFamily("annals_database_up", "Whether it answers", value=up))
        return families


async def _sounded(sounding: Sounding, connection: AsyncConnection[Any]) -> Iterable[Metric]:
    """What fails or hangs, as a Redis that is away does, must not take the others along."""
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_SECONDS / 2):
            return await sounding(connection)
    except (psycopg.Error, OSError, RedisError) as error:
        log.warning("a metric could not be found out", error=repr(error))
    except Exception:
        log.exception("a metric could not be found out")
    return ()


@asynccontextmanager
async def monitored(settings: Settings, process: str) -> AsyncIterator[Monitor]:
    """Let `process` be watched inside the block. Enter it before connections are opened.

    Raises:
        CannotStart: the port is taken.
    """
    tracing.start(process)
    watched = Monitor(settings.require("database_url"), process)
    port = _Port(watched)
    await port.open(settings)
    try:
        yield watched
    finally:
        port.close()
        await _say_farewell()


async def _say_farewell() -> None:
    if not tracing.on():
        return
    # A thread that nobody waits for: where the collector is away, the process ends all the same.
    last = threading.Thread(target=tracing.stop, daemon=True)
    last.start()
    await asyncio.to_thread(last.join, SPAN_FLUSH_SECONDS)


class _Port:
    """Answers GET /metrics, /health/live and /health/ready, one request a connection."""

    def __init__(self, watched: Monitor) -> None:
        self._watched = watched
        self._server: asyncio.Server | None = None

    async def open(self, settings: Settings) -> None:
        if settings.metrics_port == 0:
            return
        where = (settings.host, settings.metrics_port)
        try:
            self._server = await asyncio.start_server(self._serve, *where, limit=LARGEST_REQUEST)
        except OSError as error:
            raise CannotStart(
                f"Port {where[1]} on {where[0]} cannot be used for metrics ({error.strerror}): "
                "give another one as ANNALS_METRICS_PORT."
            ) from error
        log.info("metrics are told", port=settings.metrics_port)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(2 * PROBE_TIMEOUT_SECONDS):
                asked = await reader.readuntil(b"\r\n\r\n")
                status, kind, body = await self._answer(asked.split(b" ", 2))
                writer.write(
                    b"HTTP/1.1 %d %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n"
                    b"Connection: close\r\n\r\n%b"
                    % (status, status.phrase.encode(), kind.encode(), len(body), body)
                )
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asked has gone, or asked nothing we understand
        finally:
            writer.close()

    async def _answer(self, words: list[bytes]) -> tuple[HTTPStatus, str, bytes]:
        path = words[1].partition(b"?")[0] if words[0] == b"GET" and len(words) > 1 else b""
        match path:
            case b"/metrics":
                return HTTPStatus.OK, CONTENT_TYPE_LATEST, await self._watched.metrics()
            case b"/health/live":
                return HTTPStatus.OK, "application/json", b'{"status":"alive"}'
            case b"/health/ready" if await self._watched.ready():
                return HTTPStatus.OK, "application/json", b'{"status":"ready"}'
            case b"/health/ready":
                return (
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "application/json",
                    b'{"status":"not ready"}',
                )
            case _:
                return HTTPStatus.NOT_FOUND, "text/plain", b"There is nothing here.\n"
