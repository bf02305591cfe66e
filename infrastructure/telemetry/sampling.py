"""Samples spans: leaves out the database calls that belong to no work."""

from collections.abc import Sequence
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler, SamplingResult
from opentelemetry.trace import SpanKind, get_current_span


class NoOrphans(Sampler):
    """Drops spans that would begin a trace with a call to a database.

    Readers of the log and consumers of the queue poll several times a second. `inner` decides on
    all other spans.
    """

    def __init__(self, inner: Sampler) -> None:
        self._inner = inner

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Any = None,
        links: Sequence[Any] | None = None,
        trace_state: Any = None,
    ) -> SamplingResult:
        orphan = not get_current_span(parent_context).get_span_context().is_valid
        inner = ALWAYS_OFF if orphan and kind is SpanKind.CLIENT else self._inner
        return inner.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        return f"NoOrphans{{{self._inner.get_description()}}}"
