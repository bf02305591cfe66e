"""Ports for observing HTTP: metrics of requests and streams, and a span for each request."""

from contextlib import AbstractContextManager
from typing import Protocol


class Span(Protocol):
    """`traceparent` (W3C) is passed on to everything the request causes."""

    @property
    def traceparent(self) -> str | None: ...

    def rename(self, name: str) -> None: ...

    def set_attributes(self, **attributes: str | int | float) -> None:
        """Set attributes; `__` in a name stands for a dot."""
        ...


class HttpTelemetry(Protocol):
    @property
    def traces(self) -> bool:
        """Whether requests are traced; `server_span` does nothing otherwise."""
        ...

    def server_span(self, name: str, traceparent: str | None) -> AbstractContextManager[Span]:
        """Trace a request while the block runs, as a part of `traceparent`."""
        ...

    def request_started(self) -> None:
        """Count a request in progress."""
        ...

    def request_ended(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count a response with `status` (0: there was none); None `seconds` are not timed."""
        ...

    def connection_refused(self, status: int) -> None:
        """Count a response to bytes that were not HTTP."""
        ...

    def events_sent(self, kind: str, count: int) -> None:
        """Count live events sent to a client over `kind`: sse or websocket."""
        ...
