"""The route of a stream: its events with their data, each with the state after it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter

from application.operations.acts import RecordPayloadRead
from application.operations.stream_folds import FoldedEvent, folded
from domain.record import Record
from domain.values.streams import event_id
from interfaces.http.openapi.documentation import QUERY, Documented, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.execution import context
from interfaces.http.protocol.paging import Limit
from interfaces.http.protocol.request import AnnalsRequest
from projections.pauses import Pauses
from projections.rows import MAX_PAGE_BYTES


class StreamEvent(Record):
    """`data` are the fields of the event, `state` is the entity after it; null: it has none."""

    id: UUID
    position: int
    version: int
    type: str
    recorded_at: datetime
    actor: str
    correlation_id: UUID
    causation_id: UUID | None
    data: dict[str, Any]
    state: dict[str, Any] | None


class StreamPage(Record):
    """A page ends at 1 MiB; `next_version` is what to give as `after`, null at the end."""

    items: Sequence[StreamEvent]
    next_version: int | None


def _body(each: FoldedEvent) -> StreamEvent:
    recorded = each.recorded
    data: dict[str, Any] = msgspec.to_builtins(recorded.event, str_keys=True)
    return StreamEvent(
        id=event_id(recorded.originator_id, recorded.originator_version),
        position=recorded.position,
        version=recorded.originator_version,
        type=data.pop("type"),
        recorded_at=recorded.recorded_at,
        actor=recorded.actor,
        correlation_id=recorded.correlation_id,
        causation_id=recorded.causation_id,
        data=data,
        state=each.state,
    )


@get(
    "/streams/{stream_id:uuid}",
    operation_id="read_stream",
    operation_class=Documented,
    responses=problems(*QUERY, 403),
)
async def read_stream(
    stream_id: FromPath[UUID],
    request: AnnalsRequest,
    reason: Annotated[
        str,
        QueryParameter(
            min_length=3, max_length=200, description="Why you read it: recorded in the log"
        ),
    ],
    after: Annotated[
        int, QueryParameter(ge=0, le=2**63 - 1, description="Events beyond this version")
    ] = 0,
    limit: Limit = 50,
) -> StreamPage:
    """Read the events of a stream with their data, and the state after each. That you did is
    recorded, once an hour for each stream."""
    history = await request.parts.streams.events(stream_id)
    if not history:
        raise HttpProblem("not-found", f"There is no stream {stream_id}.")
    command = RecordPayloadRead(reader=request.account_id, stream=stream_id, reason=reason)
    await request.parts.commands.handle(command, context(request), retry_forever=True)
    items, size, pauses = list[StreamEvent](), 0, Pauses()
    for each in folded(history):
        if pauses.due():
            await pauses.pause()
        if each.recorded.originator_version <= after:
            continue
        body = _body(each)
        size += len(msgspec.json.encode(body))
        if len(items) == limit or (items and size > MAX_PAGE_BYTES):
            return StreamPage(items=items, next_version=items[-1].version)
        items.append(body)
    return StreamPage(items=items, next_version=None)
