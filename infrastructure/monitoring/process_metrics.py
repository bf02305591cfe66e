"""Metrics that a process reads from its own memory when it is scraped."""

import time
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeAlias

from prometheus_client.core import CounterMetricFamily as Counter
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.core import Metric
from psycopg_pool import AsyncConnectionPool

from infrastructure.security.key_ring import KeyRing

MetricReader: TypeAlias = Callable[[], Iterable[Metric]]


def build(process: str) -> MetricReader:
    def read() -> Iterable[Metric]:
        info = Gauge("annals_build_info", "Always 1", labels=("version", "process"))
        info.add_metric((_version(), process), 1)
        return [info]

    return read


def _version() -> str:
    try:
        return version("annals")
    except PackageNotFoundError:  # run from a folder, not installed
        return "unknown"


def pool(name: str, connections: AsyncConnectionPool[Any]) -> MetricReader:
    def read() -> Iterable[Metric]:
        stats = connections.get_stats()
        size, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
        states = Gauge("annals_pool_connections", "Connections", labels=("pool", "state"))
        states.add_metric((name, "busy"), size - idle)
        states.add_metric((name, "idle"), idle)
        states.add_metric((name, "limit"), stats.get("pool_max", 0))
        waiting = Gauge(
            "annals_pool_waiting", "Queries that wait for a connection", labels=("pool",)
        )
        waiting.add_metric((name,), stats.get("requests_waiting", 0))
        timeouts = Counter(
            "annals_pool_timeouts", "Queries that got no connection in time", labels=("pool",)
        )
        timeouts.add_metric((name,), stats.get("requests_errors", 0))
        return [states, waiting, timeouts]

    return read


def streams(
    open_now: Callable[[], dict[str, int]], resyncs: Callable[[], int], gaps: Callable[[], int]
) -> MetricReader:
    def read() -> Iterable[Metric]:
        live = Gauge("annals_live_streams", "Open streams", labels=("kind",))
        for kind, count in open_now().items():
            live.add_metric((kind,), count)
        again = Counter("annals_live_resyncs", "Clients that had to start again", value=resyncs())
        unreadable = Counter("annals_live_gaps", "Events that cannot be read", value=gaps())
        return [live, again, unreadable]

    return read


def signing_key(keys: KeyRing) -> MetricReader:
    def read() -> Iterable[Metric]:
        age = max(0.0, time.time() - keys.signing_since.timestamp())
        return [Gauge("annals_signing_key_age_seconds", "Age of the signing key", value=age)]

    return read
