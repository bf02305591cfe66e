"""Monitors a process: traces, and a port of its own for metrics and health."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, nullcontext
from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from psycopg import AsyncConnection

from application.ports.startup import CannotStart
from infrastructure.config.settings import Settings
from infrastructure.monitoring.database_metrics import Probe
from infrastructure.monitoring.event_loop import lag_measured
from infrastructure.monitoring.process_metrics import MetricReader, build
from infrastructure.postgres.connections import connect
from infrastructure.postgres.migrations import head, revision
from infrastructure.telemetry import tracing
from infrastructure.telemetry.metrics import INSTRUMENTS

log = structlog.get_logger()

PROBE_TIMEOUT_SECONDS = 4.0  # for all queries of a scrape; Prometheus waits 10 s
SPAN_FLUSH_SECONDS = 1.5  # for the last spans, at the end of the process
MAX_REQUEST_BYTES = 16 * 1024


class Monitor:
    """The metrics and the health of a process: its own instruments, and the readers added here."""

    def __init__(self, url: str, process: str) -> None:
        self._url = url
        # Otherwise every counter has a second series, which nobody uses.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        for instrument in INSTRUMENTS[process]:
            self._registry.register(instrument)
        ProcessCollector(registry=self._registry)
        self._readers: list[MetricReader] = [build(process)]
        self._probes: list[Probe] = []
        self._turn = asyncio.Lock()
        self._probed: list[Metric] = []
        self._registry.register(self)

    def add(self, *readers: MetricReader) -> None:
        self._readers += readers

    def add_probe(self, *probes: Probe) -> None:
        self._probes += probes

    def collect(self) -> Iterable[Metric]:
        """Return all metrics that are not instruments; the registry calls this."""
        for read in self._readers:
            yield from read()
        yield from self._probed

    async def metrics(self) -> bytes:
        """Return all metrics in the text format of Prometheus.

        Metrics whose probe fails are left out: an old value would be taken for a new one.
        """
        async with self._turn:
            self._probed = await self._run_probes()
            return generate_latest(self._registry)

    async def ready(self) -> bool:
        """Return whether the database answers, with the schema this code knows or a later one."""
        try:
            async with (
                asyncio.timeout(PROBE_TIMEOUT_SECONDS),
                await connect(self._url) as connection,
            ):
                found = await revision(connection)
        except (psycopg.Error, OSError):
            return False
        return found is not None and found >= head()

    async def _run_probes(self) -> list[Metric]:
        families: list[Metric] = []
        up = 0
        try:
            async with (
                asyncio.timeout(PROBE_TIMEOUT_SECONDS),
                await connect(self._url, name="annals metrics") as connection,
            ):
                up = 1
                for probe in self._probes:
                    families += await _run_probe(probe, connection)
        except (psycopg.Error, OSError) as error:
            log.warning("metrics_incomplete", error=str(error))
        families.append(GaugeMetricFamily("annals_database_up", "Whether it answers", value=up))
        return families


async def _run_probe(probe: Probe, connection: AsyncConnection[Any]) -> Iterable[Metric]:
    """Run a probe; one that fails or hangs, as when Redis is away, does not affect the others."""
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_SECONDS / 2):
            return await probe(connection)
    except (psycopg.Error, OSError) as error:
        log.warning("probe_failed", error=repr(error))
    except Exception:
        log.exception("probe_failed")
    return ()


@asynccontextmanager
async def monitored(settings: Settings, process: str) -> AsyncIterator[Monitor]:
    """Monitor `process` inside the block. Enter it before connections are opened.

    Raises:
        CannotStart: the port is taken.
    """
    tracing.start(process)
    monitor = Monitor(settings.database.url_or_fail, process)
    port = _HttpPort(monitor)
    await port.open(settings)
    try:
        # Without a port nobody reads the metrics, and an idle process sleeps on.
        async with lag_measured() if settings.metrics.port else nullcontext():
            yield monitor
    finally:
        port.close()
        await _flush_spans()


async def _flush_spans() -> None:
    if not tracing.on():
        return
    # In a daemon thread: the process ends even if the collector does not answer.
    flush = threading.Thread(target=tracing.stop, daemon=True)
    flush.start()
    await asyncio.to_thread(flush.join, SPAN_FLUSH_SECONDS)


class _HttpPort:
    """Answers GET /metrics, /health/live and /health/ready, a request per connection."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self._server: asyncio.Server | None = None

    async def open(self, settings: Settings) -> None:
        if settings.metrics.port == 0:
            return
        host, port = settings.http.host, settings.metrics.port
        try:
            self._server = await asyncio.start_server(
                self._serve, host, port, limit=MAX_REQUEST_BYTES
            )
        except OSError as error:
            raise CannotStart(
                f"Port {port} on {host} cannot be used for metrics ({error.strerror}): "
                "set another port as ANNALS_METRICS_PORT."
            ) from error
        log.info("metrics_listening", port=port)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(2 * PROBE_TIMEOUT_SECONDS):
                request = await reader.readuntil(b"\r\n\r\n")
                status, kind, body = await self._answer(request.split(b" ", 2))
                writer.write(
                    b"HTTP/1.1 %d %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n"
                    b"Connection: close\r\n\r\n%b"
                    % (status, status.phrase.encode(), kind.encode(), len(body), body)
                )
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client has gone, or sent no request we understand
        finally:
            writer.close()

    async def _answer(self, words: list[bytes]) -> tuple[HTTPStatus, str, bytes]:
        path = words[1].partition(b"?")[0] if words[0] == b"GET" and len(words) > 1 else b""
        match path:
            case b"/metrics":
                return HTTPStatus.OK, CONTENT_TYPE_LATEST, await self._monitor.metrics()
            case b"/health/live":
                return HTTPStatus.OK, "application/json", b'{"status":"alive"}'
            case b"/health/ready" if await self._monitor.ready():
                return HTTPStatus.OK, "application/json", b'{"status":"ready"}'
            case b"/health/ready":
                return (
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "application/json",
                    b'{"status":"not ready"}',
                )
            case _:
                return HTTPStatus.NOT_FOUND, "text/plain", b"There is nothing here.\n"
