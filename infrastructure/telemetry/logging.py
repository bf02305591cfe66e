"""Log lines: one shape for our own and for those of the libraries, on standard error."""

import logging
import os
import sys
from typing import Any

import msgspec
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from application.traceparent import trace_id
from infrastructure.config.settings import LogFormat, LogLevel
from infrastructure.telemetry.redaction import redact
from infrastructure.telemetry.tracing import current_traceparent

# These tell the story of every request and every connection; a warning of theirs is worth a line.
NOISY_LOGGERS = ("uvicorn.access", "uvicorn.error", "alembic.runtime", "httpx", "asyncio")


def configure_logging(level: LogLevel, shape: LogFormat) -> None:
    """Send every log line of this process, structlog's and the standard library's, to stderr.

    A JSON line has at least `time` (ISO 8601, UTC), `level`, `event` and `pid`; what is bound in
    structlog's context variables (`request_id`, `correlation_id`) is in each line of that context,
    and `trace_id` where there is a trace. No line says who somebody is.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    pretty = shape == "console" or (shape == "auto" and sys.stderr.isatty())
    known: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _add_process,
        _add_trace,
    ]
    drawn: list[Processor] = (
        [
            structlog.processors.format_exc_info,
            redact,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), timestamp_key="time"),
        ]
        if pretty
        else [structlog.processors.format_exc_info, redact, _as_json]
    )
    structlog.configure(
        processors=[*known, *drawn],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *known],
            processors=[ProcessorFormatter.remove_processors_meta, *drawn],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))


def _add_process(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    line["pid"] = os.getpid()
    return line


def _add_trace(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    if (trace := trace_id(current_traceparent())) is not None:
        line["trace_id"] = trace
    return line


def _as_json(_logger: WrappedLogger, _method: str, line: EventDict) -> str:
    return _ENCODER.encode(line).decode()


def _in_words(value: Any) -> str:
    """A value JSON has no form for must not turn a log line into an error."""
    return repr(value)


_ENCODER = msgspec.json.Encoder(enc_hook=_in_words)
