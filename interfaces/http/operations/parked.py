"""The routes of parked events: those that a reader failed to process and skipped."""

from collections.abc import Sequence
from typing import Annotated

from litestar import get, post
from litestar.params import FromPath, QueryParameter

from application.operations.acts import DiscardParkedEvent, RetryParkedEvent
from application.operations.port import ParkedEvent
from application.ports.startup import OperationRefused
from domain.record import Record
from interfaces.http.openapi.documentation import QUERY, Documented, changing, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.execution import execute, respond
from interfaces.http.protocol.request import AnnalsRequest


class ParkedEvents(Record):
    items: Sequence[ParkedEvent]


class ParkedOutcome(Record):
    """`error` is why the event still fails; null: it is processed, or no longer counted."""

    view: str
    position: int
    error: str | None


@get(
    "/parked-events",
    operation_id="list_parked_events",
    operation_class=Documented,
    responses=problems(*QUERY, 403),
)
async def list_parked(
    request: AnnalsRequest,
    discarded: Annotated[bool, QueryParameter(description="Include discarded events")] = False,
) -> ParkedEvents:
    """List parked events with their errors, in the order of the log."""
    return ParkedEvents(items=await request.parts.operations.parked(discarded=discarded))


async def _find(request: AnnalsRequest, view: str, position: int) -> None:
    """Refuse what is not parked.

    Raises:
        HttpProblem: 404, no such event is parked.
    """
    known = await request.parts.operations.parked(discarded=False)
    if not any((each.view, each.position) == (view, position) for each in known):
        raise HttpProblem("not-found", f"{view} has no parked event at position {position}.")


@changing(
    post,
    "/parked-events/{view:str}/{position:int}/retry",
    "retry_parked_event",
    refusals=(403,),
)
async def retry_parked(
    view: FromPath[str], position: FromPath[int], request: AnnalsRequest
) -> Answer[ParkedOutcome]:
    """Retry a parked event, after a fix of the code."""
    await _find(request, view, position)
    command = RetryParkedEvent(view=view, position=position)
    receipt = await execute(request, command)
    error = None
    if not receipt.replayed:
        try:
            error = await request.parts.operations.retry(view, position)
        except OperationRefused as refusal:
            raise HttpProblem("refused", str(refusal)) from refusal
    return respond(ParkedOutcome(view=view, position=position, error=error), receipt)


@changing(
    post,
    "/parked-events/{view:str}/{position:int}/discard",
    "discard_parked_event",
    refusals=(403,),
)
async def discard_parked(
    view: FromPath[str], position: FromPath[int], request: AnnalsRequest
) -> Answer[ParkedOutcome]:
    """Stop counting a parked event: the reader stays without it."""
    await _find(request, view, position)
    receipt = await execute(request, DiscardParkedEvent(view=view, position=position))
    await request.parts.operations.discard(view, position)
    return respond(ParkedOutcome(view=view, position=position, error=None), receipt)
