"""How a task recurs: its rule, its occurrences, and leaving one out."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, Router, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET

from application.command_handler import Receipt
from application.commands.occurrence_changes import SkipOccurrence, UnskipOccurrence
from application.commands.recurrence import EndRecurrence, Scope, SetRecurrence
from application.commands.tasks import TaskStream
from domain.errors import RecurrenceNotFound
from domain.series import Series
from domain.task import Task
from domain.vocabulary import SeriesId, TaskId
from interfaces.http.openapi.documentation import (
    QUERY,
    VERSIONED,
    Querying,
    Reading,
    changing,
    problems,
)
from interfaces.http.protocol.authentication import service
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import context, execute, respond
from interfaces.http.protocol.parameters import check_request, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7
from interfaces.http.recurrence.occurrence_pages import (
    MAX_UPCOMING,
    OccurrencePage,
    occurrence_page,
)
from interfaces.http.recurrence.recurrence_input import RecurrenceInput, wall_time
from interfaces.http.recurrence.series_body import RecurrenceBody, of_state
from interfaces.http.tasks.tasks import TaskBody, change


async def recurrence_of(request: AnnalsRequest, receipt: Receipt[Task]) -> RecurrenceBody:
    task = receipt.state
    if task.id is None or task.occurrence_ref is None:
        raise RecurrenceNotFound(task.id or UUID(int=0))
    series = of_state(
        await service(request).commands.current_state(Series(), task.occurrence_ref.series_id)
    )
    if series is None:
        raise RecurrenceNotFound(task.id)
    return RecurrenceBody(task_id=task.id, occurrence=task.occurrence_ref.occurrence, series=series)


@changing(put, "/{task_id:uuid}/recurrence", "set_recurrence", dto=Body)
async def set_recurrence(
    task_id: FromPath[UUID],
    data: JSONBody[RecurrenceInput],
    request: AnnalsRequest,
    extent: Annotated[
        Scope,
        QueryParameter(
            name="scope",
            description="For a task that recurs already: begin a new series with this one"
            " (following), change the rule of its series (all), or let it leave for a series of"
            " its own (this)",
        ),
    ] = Scope.FOLLOWING,
) -> Response[RecurrenceBody]:
    """Let a task recur, as the first occurrence, or by another rule than before."""
    command = SetRecurrence(
        task_id=TaskId(task_id),
        series_id=SeriesId(uuid7()),
        rule=data.text(),
        timezone=data.timezone,
        start=None if data.dtstart is UNSET else wall_time("dtstart", data.dtstart),
        excluded=tuple(data.exdates),
        anchor=data.anchor,
        ahead=data.ahead,
        missed=data.missed,
        reminders=data.reminders,
        scope=extent,
    )
    receipt = await execute(request, command)
    return respond(await recurrence_of(request, receipt), receipt)


@get(
    "/{task_id:uuid}/recurrence",
    operation_id="get_recurrence",
    operation_class=Reading,
    responses=problems(*QUERY),
    response_headers=VERSIONED,
)
async def get_recurrence(
    task_id: FromPath[UUID], request: AnnalsRequest
) -> Response[RecurrenceBody]:
    """Say how a task recurs. The ETag is the task's: changes of either begin with the task."""
    receipt = await _task(request, task_id)
    return respond(await recurrence_of(request, receipt), receipt)


@changing(delete, "/{task_id:uuid}/recurrence", "end_recurrence")
async def end_recurrence(task_id: FromPath[UUID], request: AnnalsRequest) -> Response[TaskBody]:
    """Let nothing come after this occurrence; the task itself stays."""
    return await change(request, EndRecurrence(task_id=TaskId(task_id)))


@changing(post, "/{task_id:uuid}/skip", "skip_occurrence")
async def skip_occurrence(task_id: FromPath[UUID], request: AnnalsRequest) -> Response[TaskBody]:
    """Leave this occurrence out; the next takes its turn."""
    return await change(request, SkipOccurrence(task_id=TaskId(task_id)))


@changing(post, "/{task_id:uuid}/unskip", "unskip_occurrence")
async def unskip_occurrence(task_id: FromPath[UUID], request: AnnalsRequest) -> Response[TaskBody]:
    """Do not leave this occurrence out after all."""
    return await change(request, UnskipOccurrence(task_id=TaskId(task_id)))


def _operation(_handler: Any, _method: Any, path: Any) -> str:
    return "list_instances" if path[-1] == "instances" else "list_occurrences"


@get(
    ["/{task_id:uuid}/occurrences", "/{task_id:uuid}/instances"],
    operation_id=_operation,
    operation_class=Querying,
    responses=problems(*QUERY, 504),
)
async def list_occurrences(
    request: AnnalsRequest,
    task_id: FromPath[UUID],
    upcoming: Annotated[
        int,
        QueryParameter(ge=0, le=MAX_UPCOMING, description="How many not made yet to show"),
    ] = 5,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    cursor: Annotated[
        str | None,
        QueryParameter(max_length=2000, description="`next_cursor` of the page before this one"),
    ] = None,
) -> OccurrencePage:
    """List the occurrences of a task's series, the earliest first: made, missed, upcoming."""
    task = (await _task(request, task_id)).state
    if task.occurrence_ref is None:
        raise RecurrenceNotFound(task_id)
    await wait_for_view(request, "occurrences")
    return await occurrence_page(
        service(request),
        task.occurrence_ref.series_id,
        upcoming=upcoming,
        limit=limit,
        cursor=cursor,
    )


async def _task(request: AnnalsRequest, task_id: UUID) -> Receipt[Task]:
    who = context(request, request.scope["auth"].actor)
    asked = TaskStream(task_id=TaskId(task_id))
    receipt: Receipt[Task] = await service(request).commands.read(asked, who)
    return receipt


TASK_RECURRENCE = Router(
    "/tasks",
    route_handlers=[
        set_recurrence,
        get_recurrence,
        end_recurrence,
        skip_occurrence,
        unskip_occurrence,
        list_occurrences,
    ],
    before_request=check_request,
    tags=["Recurrence"],
    security=[{"bearer": []}],
)
