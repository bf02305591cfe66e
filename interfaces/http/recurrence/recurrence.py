"""The routes of a recurring task: its rule, its occurrences, and skipping one."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, Router, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET

from application.command_handler import Receipt
from application.commands.occurrence_changes import SkipOccurrence, UnskipOccurrence
from application.commands.recurrence import EndRecurrence, SeriesScope
from application.commands.tasks import TaskStream
from domain.errors import RecurrenceNotFound
from domain.reminders.of_series import series_reminder_of
from domain.series import Series
from domain.task import Task
from domain.vocabulary import SeriesId, TaskId
from interfaces.http.openapi.described_headers import VERSIONED
from interfaces.http.openapi.documentation import QUERY, Querying, Reading, changing, problems
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import account_zone, execute, read, respond
from interfaces.http.protocol.paging import Cursor, Limit
from interfaces.http.protocol.parameters import check_request, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7
from interfaces.http.protocol.values import Language, OfText
from interfaces.http.recurrence.occurrence_pages import (
    MAX_UPCOMING,
    OccurrencePage,
    occurrence_page,
)
from interfaces.http.recurrence.series_body import RecurrenceBody, of_state
from interfaces.http.tasks.dry_run import DryRun, DryRunBody, dry_run
from interfaces.http.tasks.recurrence_input import RecurrenceInput
from interfaces.http.tasks.task_bodies import TaskBody
from interfaces.http.tasks.tasks import change_or_dry_run


async def recurrence_of(
    request: AnnalsRequest, receipt: Receipt[Task], language: Language = "en"
) -> RecurrenceBody:
    task = receipt.state
    if task.id is None or task.occurrence_ref is None:
        raise RecurrenceNotFound(task.id or UUID(int=0))
    series = of_state(
        await request.parts.commands.current_state(Series(), task.occurrence_ref.series_id),
        language,
    )
    if series is None:
        raise RecurrenceNotFound(task.id)
    carried = {*series.reminders}
    return RecurrenceBody(
        task_id=task.id,
        occurrence=task.occurrence_ref.occurrence,
        series=series,
        reminders_of_this_task=[
            each.id
            for each in task.reminders.values()
            if each.pending
            and (
                (known := series_reminder_of(each, series.timezone)) is None
                or known.text not in carried
            )
        ],
    )


@changing(put, "/{task_id:uuid}/recurrence", "set_recurrence", dto=Body)
async def set_recurrence(
    task_id: FromPath[UUID],
    data: JSONBody[RecurrenceInput],
    request: AnnalsRequest,
    extent: Annotated[
        SeriesScope,
        QueryParameter(
            name="scope",
            description="For a task that recurs already: start a new series at this task"
            " (following), change the rule of its series (all), or move this task alone to a new"
            " series (this)",
        ),
    ] = SeriesScope.FOLLOWING,
    dry: DryRun = False,
) -> Response[RecurrenceBody | DryRunBody]:
    """Make a task recur, as the first occurrence, or change how it recurs."""
    timezone = await account_zone(request) if data.timezone is UNSET else data.timezone
    command = data.command(TaskId(task_id), SeriesId(uuid7()), timezone, extent)
    if dry:
        return await dry_run(request, command)
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
    task_id: FromPath[UUID], request: AnnalsRequest, language: OfText = "en"
) -> Response[RecurrenceBody]:
    """Get how a task recurs. The ETag is that of the task, as for changes of the recurrence."""
    receipt = await _task(request, task_id)
    return respond(await recurrence_of(request, receipt, language), receipt)


@changing(delete, "/{task_id:uuid}/recurrence", "end_recurrence")
async def end_recurrence(
    task_id: FromPath[UUID], request: AnnalsRequest, dry: DryRun = False
) -> Response[TaskBody | DryRunBody]:
    """Stop the recurrence after this occurrence. The task itself stays."""
    return await change_or_dry_run(request, EndRecurrence(task_id=TaskId(task_id)), dry=dry)


@changing(post, "/{task_id:uuid}/skip", "skip_occurrence")
async def skip_occurrence(
    task_id: FromPath[UUID], request: AnnalsRequest, dry: DryRun = False
) -> Response[TaskBody | DryRunBody]:
    """Skip this occurrence. The next one is created."""
    return await change_or_dry_run(request, SkipOccurrence(task_id=TaskId(task_id)), dry=dry)


@changing(post, "/{task_id:uuid}/unskip", "unskip_occurrence")
async def unskip_occurrence(
    task_id: FromPath[UUID], request: AnnalsRequest, dry: DryRun = False
) -> Response[TaskBody | DryRunBody]:
    """Undo skipping this occurrence."""
    return await change_or_dry_run(request, UnskipOccurrence(task_id=TaskId(task_id)), dry=dry)


def _operation(_handler: Any, _method: Any, path: Any) -> str:
    return "list_instances" if path[-1] == "instances" else "list_occurrences"


@get(
    ["/{task_id:uuid}/occurrences", "/{task_id:uuid}/instances"],
    operation_id=_operation,
    operation_class=Querying,
    responses=problems(*QUERY, 410, 504),
)
async def list_occurrences(
    request: AnnalsRequest,
    task_id: FromPath[UUID],
    upcoming: Annotated[
        int,
        QueryParameter(ge=0, le=MAX_UPCOMING, description="How many upcoming occurrences to show"),
    ] = 5,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> OccurrencePage:
    """List the occurrences of a task's series, earliest first: created, missed and upcoming."""
    task = (await _task(request, task_id)).state
    if task.occurrence_ref is None:
        raise RecurrenceNotFound(task_id)
    await wait_for_view(request, "occurrences")
    return await occurrence_page(
        request.parts,
        task.occurrence_ref.series_id,
        upcoming=upcoming,
        limit=limit,
        cursor=cursor,
    )


async def _task(request: AnnalsRequest, task_id: UUID) -> Receipt[Task]:
    return await read(request, TaskStream(task_id=TaskId(task_id)))


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
)
