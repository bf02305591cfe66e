"""Traces across processes: W3C traceparents, and OpenTelemetry spans where OTEL_* asks for them.

Without these variables no tracer, exporter or instrumentation is loaded, and a traceparent that
came in is only handed on.
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
SUPPORTED_PROTOCOL = "http/protobuf"  # the one kind of OTLP that is spoken here


def enabled_in(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the standard variables ask for traces."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER", "")
    places = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return exporter == "otlp" or (exporter == "" and any(environment.get(n) for n in places))


def asked_protocol(environment: Mapping[str, str] = os.environ) -> str:
    """Return how the standard variables want spans to be sent."""
    names = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    return next((environment[name] for name in names if environment.get(name)), SUPPORTED_PROTOCOL)


def start(process: str) -> None:
    """Send spans of this process by OTLP over HTTP, if they are wanted; once per process."""
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

    if (protocol := asked_protocol()) != SUPPORTED_PROTOCOL:
        log.warning("traces are sent over HTTP, whatever else is asked for", asked=protocol)
    named = "OTEL_SERVICE_NAME" in os.environ
    resource = Resource.create({} if named else {"service.name": f"annals-{process}"})
    _provider = TracerProvider(resource=resource)
    _provider.sampler = NoOrphans(_provider.sampler)
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    PsycopgInstrumentor().instrument(tracer_provider=_provider)
    RedisInstrumentor().instrument(tracer_provider=_provider)
    log.info("traces are sent", process=process)


def stop() -> None:
    """Send what is still to be sent."""
    if _provider is not None:
        _provider.shutdown()


def on() -> bool:
    return _provider is not None


def current_traceparent() -> str | None:
    """Return the traceparent of the work being done here."""
    return _carried.get()


class Span:
    """What is being done; `traceparent` is to be handed on to what comes of it."""

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
) -> Iterator[Span]:
    """Be part of a trace while the block runs: that of `parent`, else the one under way here.

    In the names of attributes `__` stands for a dot.
    """
    if _provider is None:
        with _carrying(parent or _carried.get()):
            yield Span(parent or _carried.get())
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode

    tracer = _provider.get_tracer("annals")
    with tracer.start_as_current_span(
        name,
        context=_context_of(parent) if parent else None,
        kind=SpanKind[kind.upper()],
        links=_links(links),
        attributes={n.replace("__", "."): v for n, v in attributes.items()},
        # Messages of exceptions may hold what people wrote; the log says more, with care.
        record_exception=False,
        set_status_on_exception=False,
    ) as begun:
        context = begun.get_span_context()
        made = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
        with _carrying(made):
            try:
                yield Span(made, begun)
            except Exception as error:
                begun.set_status(Status(StatusCode.ERROR, type(error).__name__))
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

    distinct = dict.fromkeys(one for one in traceparents if one)
    return [
        Link(get_current_span(_context_of(one)).get_span_context())
        for one in list(distinct)[:MAX_LINKS]
    ]


class _Unchanged:
    """What stands for a span where there are none: little, for it stands on the hot path."""

    def __init__(self, traceparent: str | None) -> None:
        self._span = Span(traceparent)

    def __enter__(self) -> Span:
        return self._span

    def __exit__(self, *_: object) -> None:
        pass


def span_if_on(
    name: str, traceparent: str | None, *, kind: Kind = "internal"
) -> AbstractContextManager[Span]:
    """As `span`; where there are no spans nothing is carried, `traceparent` is but yielded."""
    if _provider is None:
        return _Unchanged(traceparent)
    return span(name, parent=traceparent, kind=kind)


def server_span(name: str, traceparent: str | None) -> AbstractContextManager[Span]:
    """As `span_if_on`, for a request that somebody sends."""
    return span_if_on(name, traceparent, kind="server")
