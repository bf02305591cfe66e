"""Log lines on standard error, in the same form for our code and for the libraries."""

import logging
import os
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from application.traceparent import trace_id
from infrastructure.config.operating import LogFormat, LogLevel
from infrastructure.telemetry.redaction import redact
from infrastructure.telemetry.tracing import current_traceparent

# These log every request and every connection; only their warnings are worth a line.
NOISY_LOGGERS = ("uvicorn.access", "uvicorn.error", "alembic.runtime", "httpx", "asyncio")


def configure_logging(level: LogLevel, shape: LogFormat) -> None:
    """Send every log line of this process, structlog's and the standard library's, to stderr.

    A JSON line has at least `time` (ISO 8601, UTC), `level`, `event` and `pid`; each line of a
    context has its context variables too (`request_id`, `correlation_id`), and `trace_id` inside
    a trace. `event` is a stable name in snake case. No line identifies a person.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    pretty = shape == "console" or (shape == "auto" and sys.stderr.isatty())
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _add_process,
        _add_trace,
    ]
    rendering: list[Processor] = (
        [
            structlog.processors.format_exc_info,
            redact,
            _console_processor(),
        ]
        if pretty
        else [structlog.processors.format_exc_info, redact, _as_json]
    )
    structlog.configure(
        processors=[*common, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *common],
            processors=[ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))


def console_renderer() -> Callable[[dict[str, Any]], str]:
    """Return what formats the fields of a JSON line as a line for a person at a terminal."""
    processor = _console_processor()
    return lambda fields: str(processor(None, "", fields))


def colours() -> bool:
    """Return whether lines on standard error may have colours (https://no-color.org)."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def _console_processor() -> Processor:
    return structlog.dev.ConsoleRenderer(colors=colours(), timestamp_key="time")


def _add_process(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    line["pid"] = os.getpid()
    return line


def _add_trace(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    if (trace := trace_id(current_traceparent())) is not None:
        line["trace_id"] = trace
    return line


def _as_json(_logger: WrappedLogger, _method: str, line: EventDict) -> str:
    return _ENCODER.encode(line).decode()


def _as_text(value: Any) -> str:
    """Return a text for a value without a JSON form, so that logging it does not fail."""
    return repr(value)


_ENCODER = msgspec.json.Encoder(enc_hook=_as_text)
