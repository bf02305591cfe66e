"""The routes of reminders: of one task, and all that are due next."""

from typing import Annotated
from uuid import UUID

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET

from application.commands.recurrence import SeriesScope
from application.commands.reminders import CancelReminder, SetReminder, SnoozeReminder
from application.commands.tasks import TaskStream
from domain.errors import ReminderNotFound
from domain.task import Task
from domain.vocabulary import ReminderId, SeriesId, TaskId
from interfaces.http.openapi.described_headers import VERSIONED
from interfaces.http.openapi.documentation import QUERY, Documented, Querying, changing, problems
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import account_zone, execute, read, respond
from interfaces.http.protocol.paging import Cursor, Limit, decode_position, next_cursor
from interfaces.http.protocol.parameters import MomentText, check_request, moment, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7
from interfaces.http.reminders.reminder_bodies import (
    DuePage,
    ReminderBody,
    ReminderList,
    Snooze,
    UpcomingReminder,
    body_of,
)
from interfaces.http.tasks.reminder_input import NewReminder
from projections.rows import AFTER_ALL, BEFORE_ALL
from projections.views.reminders import due_reminders

ReminderScope = Annotated[
    SeriesScope | None,
    QueryParameter(
        name="scope",
        description="For a recurring task: this occurrence, this and the following, or all. By"
        " default all for a reminder `before` the task is due, and this for one `at` a moment",
    ),
]


def _one(task: Task, reminder_id: UUID) -> ReminderBody:
    reminder = task.reminders.get(ReminderId(reminder_id))
    if reminder is None:
        raise ReminderNotFound(reminder_id)
    return body_of(task.id or UUID(int=0), reminder)


@changing(post, "/{task_id:uuid}/reminders", "set_reminder", created=True, dto=Body)
async def set_reminder(
    task_id: FromPath[UUID],
    data: JSONBody[NewReminder],
    request: AnnalsRequest,
    extent: ReminderScope = None,
) -> Answer[ReminderBody]:
    """Set a reminder of a task. A recurring task has it at later occurrences, too."""
    timezone = await account_zone(request) if data.timezone is UNSET else data.timezone
    command = SetReminder(
        task_id=TaskId(task_id),
        reminder_id=ReminderId(uuid7()),
        series_id=SeriesId(uuid7()),
        scope=extent,
        spec=data.spec(timezone),
    )
    receipt = await execute(request, command)
    # The last one set by this request, now or when the same key was sent before.
    body = body_of(task_id, list(receipt.state.reminders.values())[-1])
    location = f"/api/v1/tasks/{task_id}/reminders/{body.id}"
    return respond(body, receipt, status=201, location=location)


@get(
    "/{task_id:uuid}/reminders",
    operation_id="list_reminders_of_task",
    operation_class=Documented,
    responses=problems(*QUERY),
    response_headers=VERSIONED,
)
async def list_reminders(task_id: FromPath[UUID], request: AnnalsRequest) -> Answer[ReminderList]:
    """List the reminders of a task, including those sent or cancelled."""
    receipt = await read(request, TaskStream(task_id=TaskId(task_id)))
    items = [body_of(task_id, reminder) for reminder in receipt.state.reminders.values()]
    return respond(ReminderList(items=items), receipt)


@get(
    "/{task_id:uuid}/reminders/{reminder_id:uuid}",
    operation_id="get_reminder",
    operation_class=Documented,
    responses=problems(*QUERY),
    response_headers=VERSIONED,
)
async def get_reminder(
    task_id: FromPath[UUID], reminder_id: FromPath[UUID], request: AnnalsRequest
) -> Answer[ReminderBody]:
    """Get a reminder."""
    receipt = await read(request, TaskStream(task_id=TaskId(task_id)))
    return respond(_one(receipt.state, reminder_id), receipt)


@changing(delete, "/{task_id:uuid}/reminders/{reminder_id:uuid}", "cancel_reminder")
async def cancel_reminder(
    task_id: FromPath[UUID],
    reminder_id: FromPath[UUID],
    request: AnnalsRequest,
    extent: ReminderScope = None,
) -> Answer[ReminderBody]:
    """Cancel a reminder. A recurring task loses it at later occurrences, too."""
    command = CancelReminder(
        task_id=TaskId(task_id),
        reminder_id=ReminderId(reminder_id),
        series_id=SeriesId(uuid7()),
        scope=extent,
    )
    receipt = await execute(request, command)
    return respond(_one(receipt.state, reminder_id), receipt)


@changing(post, "/{task_id:uuid}/reminders/{reminder_id:uuid}/snooze", "snooze_reminder", dto=Body)
async def snooze_reminder(
    task_id: FromPath[UUID],
    reminder_id: FromPath[UUID],
    data: JSONBody[Snooze],
    request: AnnalsRequest,
) -> Answer[ReminderBody]:
    """Snooze a reminder: it is sent later, or again if it was sent already."""
    command = SnoozeReminder(
        task_id=TaskId(task_id),
        reminder_id=ReminderId(reminder_id),
        until=data.until,
        length=data.length,
    )
    receipt = await execute(request, command)
    return respond(_one(receipt.state, reminder_id), receipt)


@get(
    "/",
    operation_id="list_reminders",
    operation_class=Querying,
    responses=problems(*QUERY, 410, 504),
)
async def my_reminders(
    request: AnnalsRequest,
    due_before: Annotated[
        MomentText | None, QueryParameter(description="Due earlier than this")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DuePage:
    """List your pending reminders, the next first."""
    before = moment("due_before", due_before) or AFTER_ALL[0]
    search = f"reminders {before.isoformat()}"
    await wait_for_view(request, "due_reminders")
    rows = await request.parts.queries.run(
        due_reminders.of_owner,
        request.account_id,
        before=before,
        beyond=decode_position(cursor, search, BEFORE_ALL),
        limit=limit,
    )
    return DuePage(
        items=[UpcomingReminder(id=row.id, task_id=row.task_id, due_at=row.due_at) for row in rows],
        next_cursor=next_cursor(search, limit, [(row.due_at, row.id) for row in rows]),
    )


TASK_REMINDERS = Router(
    "/tasks",
    route_handlers=[set_reminder, list_reminders, get_reminder, cancel_reminder, snooze_reminder],
    before_request=check_request,
    tags=["Reminders"],
)
