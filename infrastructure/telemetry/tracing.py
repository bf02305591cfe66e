"""Traces across processes: W3C traceparents, and OpenTelemetry spans if OTEL_* enables them.

Without these variables no tracer, exporter or instrumentation is loaded, and an incoming
traceparent is only passed on.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal

import structlog

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Link

log = structlog.get_logger()

Kind = Literal["internal", "server", "producer", "consumer"]

_carried: ContextVar[str | None] = ContextVar("traceparent", default=None)
_provider: "TracerProvider | None" = None

MAX_LINKS = 32
SUPPORTED_PROTOCOL = "http/protobuf"  # the only form of OTLP we send


def enabled_in(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the standard variables enable traces."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER", "")
    places = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return exporter == "otlp" or (exporter == "" and any(environment.get(n) for n in places))


def configured_protocol(environment: Mapping[str, str] = os.environ) -> str:
    """Return the OTLP protocol that the standard variables name."""
    names = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    return next((environment[name] for name in names if environment.get(name)), SUPPORTED_PROTOCOL)


def start(process: str) -> None:
    """Send the spans of this process by OTLP over HTTP, if enabled. Call it once per process."""
    global _provider
    if _provider is not None or not enabled_in():
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from infrastructure.telemetry.sampling import NoOrphans

    if (protocol := configured_protocol()) != SUPPORTED_PROTOCOL:
        log.warning("trace_protocol_unsupported", protocol=protocol, using=SUPPORTED_PROTOCOL)
    named = "OTEL_SERVICE_NAME" in os.environ
    resource = Resource.create({} if named else {"service.name": f"annals-{process}"})
    _provider = TracerProvider(resource=resource)
    _provider.sampler = NoOrphans(_provider.sampler)
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    PsycopgInstrumentor().instrument(tracer_provider=_provider)
    RedisInstrumentor().instrument(tracer_provider=_provider)
    log.info("tracing_started", process=process)


def stop() -> None:
    """Send the remaining spans."""
    if _provider is not None:
        _provider.shutdown()


def on() -> bool:
    """Return whether this process sends spans."""
    return _provider is not None


def current_traceparent() -> str | None:
    """Return the traceparent of the work in this context."""
    return _carried.get()


class TraceSpan:
    """A span, or its stand-in without tracing. Work that follows from it gets its `traceparent`."""

    def __init__(self, traceparent: str | None, span: Any = None) -> None:
        self.traceparent = traceparent
        self._span = span

    def rename(self, name: str) -> None:
        if self._span is not None:
            self._span.update_name(name)

    def set_attributes(self, **attributes: str | int | float) -> None:
        if self._span is not None:
            self._span.set_attributes({n.replace("__", "."): v for n, v in attributes.items()})


@contextmanager
def span(
    name: str,
    *,
    parent: str | None = None,
    kind: Kind = "internal",
    links: Sequence[str | None] = (),
    **attributes: str | int | float,
) -> Iterator[TraceSpan]:
    """Run the block as a span of the trace of `parent`, else of the current trace.

    In the names of attributes `__` stands for a dot.
    """
    if _provider is None:
        with _carrying(parent or _carried.get()):
            yield TraceSpan(parent or _carried.get())
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode

    tracer = _provider.get_tracer("annals")
    with tracer.start_as_current_span(
        name,
        context=_context_of(parent) if parent else None,
        kind=SpanKind[kind.upper()],
        links=_links(links),
        attributes={n.replace("__", "."): v for n, v in attributes.items()},
        # Messages of exceptions may quote what people wrote; the log has them, redacted.
        record_exception=False,
        set_status_on_exception=False,
    ) as started:
        context = started.get_span_context()
        traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
        with _carrying(traceparent):
            try:
                yield TraceSpan(traceparent, started)
            except Exception as error:
                started.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise


@contextmanager
def _carrying(traceparent: str | None) -> Iterator[None]:
    token = _carried.set(traceparent)
    try:
        yield
    finally:
        _carried.reset(token)


def _context_of(traceparent: str) -> "Context":
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent})


def _links(traceparents: Sequence[str | None]) -> "list[Link]":
    from opentelemetry.trace import Link, get_current_span

    distinct = dict.fromkeys(each for each in traceparents if each)
    return [
        Link(get_current_span(_context_of(each)).get_span_context())
        for each in list(distinct)[:MAX_LINKS]
    ]


class _Unchanged:
    """The stand-in for a span without tracing: as little as possible, for the hot path."""

    def __init__(self, traceparent: str | None) -> None:
        self._span = TraceSpan(traceparent)

    def __enter__(self) -> TraceSpan:
        return self._span

    def __exit__(self, *_: object) -> None:
        pass


def span_if_on(
    name: str, traceparent: str | None, *, kind: Kind = "internal"
) -> AbstractContextManager[TraceSpan]:
    """Do as `span`; without tracing, set no context and only yield `traceparent`."""
    if _provider is None:
        return _Unchanged(traceparent)
    return span(name, parent=traceparent, kind=kind)


def server_span(name: str, traceparent: str | None) -> AbstractContextManager[TraceSpan]:
    """Do as `span_if_on`, for an incoming request."""
    return span_if_on(name, traceparent, kind="server")
