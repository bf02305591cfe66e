"""The access log: one line for every request, written together with others."""

import asyncio
import atexit
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
import structlog

from application.traceparent import trace_id
from domain.record import Record
from interfaces.http.middleware.settings import RequestSettings
from interfaces.http.protocol.request_context import context_of

# Called with the scope of a request, its status (0: no response) and its duration in seconds.
AccessLog: TypeAlias = Callable[[Mapping[str, Any], int, float], None]

# A path with this parameter is itself a secret, and must not be logged.
SIGNED_LINK = "{word}"

FLUSH_SECONDS = 0.1  # seconds a line may wait for others


class Line(Record, omit_defaults=True):
    """It has the same fields as every other log line."""

    time: datetime
    level: str
    event: str
    pid: int
    request_id: str
    correlation_id: UUID
    method: str
    path: str
    status: int
    ms: float
    trace_id: str | None = None


def access_log(settings: RequestSettings) -> AccessLog:
    """Return the writer that the settings select."""
    if settings.log.level not in {"debug", "info"}:
        return _silent
    shape = settings.log.format
    if shape == "console" or (shape == "auto" and sys.stderr.isatty()):
        return _on_console
    return JsonLines()


class JsonLines:
    """Writes a line in 3 µs; through structlog it takes 15 µs and a system call."""

    def __init__(self) -> None:
        self._encode = msgspec.json.Encoder().encode
        self._lines: list[bytes] = []
        self._pid = os.getpid()
        atexit.register(self.flush)

    def __call__(self, scope: Mapping[str, Any], status: int, seconds: float) -> None:
        context = context_of(scope)
        line = Line(
            time=datetime.now(UTC),
            level="info",
            event="request",
            pid=self._pid,
            request_id=context.request_id,
            correlation_id=context.correlation_id,
            trace_id=trace_id(context.traceparent),
            method=scope["method"],
            path=shown_path(scope),
            status=status,
            ms=round(seconds * 1000, 2),
        )
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        self._lines.append(self._encode(line))

    def flush(self) -> None:
        if self._lines:
            text = b"\n".join([*self._lines, b""])
            self._lines.clear()
            sys.stderr.buffer.write(text)
            sys.stderr.buffer.flush()


def shown_path(scope: Mapping[str, Any]) -> str:
    """Return the path, or its template if the path holds a secret."""
    template: str = scope.get("path_template", "")
    path: str = scope["path"]
    return template if SIGNED_LINK in template else path


def _on_console(scope: Mapping[str, Any], status: int, seconds: float) -> None:
    structlog.get_logger().info(
        "request",
        method=scope["method"],
        path=shown_path(scope),
        status=status,
        ms=round(seconds * 1000, 2),
    )


def _silent(_scope: Mapping[str, Any], _status: int, _seconds: float) -> None:
    pass
