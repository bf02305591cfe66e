"""The routes of the log: its events without their data, and what caused what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath, QueryParameter

from application.operations.port import LogEntry, LogQuery
from domain.record import Record
from domain.values.streams import event_id
from interfaces.http.openapi.documentation import QUERY, Documented, Querying, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.paging import Cursor, Limit, cursor_after, decode_cursor
from interfaces.http.protocol.parameters import wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from projections.views.audit_trail import audit

MOST_CAUSED = 500

EventType = Annotated[
    str | None,
    QueryParameter(
        name="type",
        pattern=r"^[a-z_]+\.[a-z_]+$",
        max_length=100,
        description="Such as task.completed",
        schema_extra={"examples": ["task.completed"]},
    ),
]
Actor = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^[a-z0-9:_-]+$",
        max_length=100,
        description="An account, or `system:` and the name of a process",
    ),
]


class LogBody(Record):
    """`position` is where to follow: give it as `after`. `next_cursor` leads to earlier events; a
    page may be empty and have a cursor, because a page looks at 5,000 events at most."""

    items: Sequence[LogEntry]
    position: int | None
    next_cursor: str | None


class CausedEvent(Record):
    """An event, and the event (`id`) or the request that caused it."""

    id: UUID
    causation_id: UUID | None
    position: int
    type: str
    entity_type: str
    entity_id: UUID
    version: int
    actor: str
    recorded_at: datetime


class Correlation(Record):
    """The first 500 events of one request and of the reactions to them, in the order of the log."""

    items: Sequence[CausedEvent]


@get("/log", operation_id="read_log", operation_class=Documented, responses=problems(*QUERY, 403))
async def read_log(
    request: AnnalsRequest,
    event_type: EventType = None,
    stream: Annotated[UUID | None, QueryParameter(description="Of this stream")] = None,
    actor: Actor = None,
    correlation: Annotated[
        UUID | None, QueryParameter(description="Of this correlation id")
    ] = None,
    after: Annotated[
        int | None,
        QueryParameter(
            ge=0,
            le=2**63 - 1,
            description="Events beyond this position, the oldest first: to follow the log, ask"
            " again with the `position` of the answer",
        ),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> LogBody:
    """List events of the log without their data: the newest first, or those `after` a position."""
    search = f"log {event_type} {stream} {actor} {correlation}"
    if after is not None and cursor is not None:
        raise HttpProblem("invalid", "Give either after or cursor.", field="cursor")
    before = decode_cursor(cursor, search, int)
    page = await request.parts.operations.log(
        LogQuery(
            type=event_type,
            stream=stream,
            actor=actor,
            correlation_id=correlation,
            after=after,
            before=before[0] if before else None,
            limit=limit,
        )
    )
    if after is not None:
        return LogBody(items=page.items, position=page.position, next_cursor=None)
    newest = page.items[0].position if page.items and cursor is None else None
    earlier = None if page.position is None else cursor_after(search, [page.position])
    return LogBody(items=page.items, position=newest, next_cursor=earlier)


@get(
    "/correlations/{correlation_id:uuid}",
    operation_id="trace_correlation",
    operation_class=Querying,
    responses=problems(*QUERY, 403, 410, 504),
)
async def trace_correlation(correlation_id: FromPath[UUID], request: AnnalsRequest) -> Correlation:
    """Trace what caused what: the events with one correlation id. Events of preferences and of
    read marks are not among them."""
    await wait_for_view(request, "history")
    found = await request.parts.queries.run(audit.correlated, correlation_id, limit=MOST_CAUSED)
    if not found:
        raise HttpProblem("not-found", f"No event has the correlation id {correlation_id}.")
    items = [
        CausedEvent(
            id=event_id(entry.entity_id, entry.version),
            causation_id=entry.causation_id,
            position=entry.position,
            type=entry.action,
            entity_type=entry.entity_type,
            entity_id=entry.entity_id,
            version=entry.version,
            actor=entry.actor,
            recorded_at=entry.recorded_at,
        )
        for entry in found
    ]
    return Correlation(items=items)
