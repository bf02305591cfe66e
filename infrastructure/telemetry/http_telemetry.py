"""Counts, times and traces HTTP requests and live streams."""

from contextlib import AbstractContextManager
from typing import Any

from infrastructure.telemetry import tracing
from infrastructure.telemetry.metrics import (
    HTTP_DURATION,
    HTTP_IN_PROGRESS,
    HTTP_REQUESTS,
    LIVE_EVENTS,
)

NO_ROUTE = "none"  # what did not reach the router
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class PrometheusHttpTelemetry:
    """Finding a child of a metric by its labels takes longer than counting, so all are kept."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str, int], Any] = {}
        self._durations: dict[tuple[str, str], Any] = {}
        self._in_progress = 0
        HTTP_IN_PROGRESS.set_function(lambda: self._in_progress)

    @property
    def traces(self) -> bool:
        return tracing.on()

    def server_span(
        self, name: str, traceparent: str | None
    ) -> AbstractContextManager[tracing.TraceSpan]:
        return tracing.server_span(name, traceparent)

    def request_started(self) -> None:
        self._in_progress += 1

    def request_ended(self, method: str, route: str, status: int, seconds: float | None) -> None:
        self._in_progress -= 1
        method, route = method if method in METHODS else "other", route or NO_ROUTE
        requests = self._requests.get((method, route, status))
        if requests is None:
            requests = HTTP_REQUESTS.labels(method, route, str(status))
            self._requests[method, route, status] = requests
        requests.inc()
        if seconds is None:
            return
        durations = self._durations.get((method, route))
        if durations is None:
            durations = self._durations[method, route] = HTTP_DURATION.labels(method, route)
        durations.observe(seconds)

    def connection_refused(self, status: int) -> None:
        HTTP_REQUESTS.labels("other", NO_ROUTE, str(status)).inc()

    def events_sent(self, kind: str, count: int) -> None:
        LIVE_EVENTS.labels(kind).inc(count)
