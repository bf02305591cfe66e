"""Reminders: of one task, all that are to ring, and why one did or did not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from application.commands.preferences import PreferencesStream
from application.commands.reminders import CancelReminder, SetReminder, SnoozeReminder
from application.commands.tasks import TaskStream
from domain.errors import ReminderNotFound
from domain.record import Record
from domain.reminders.reminder import Reminder, ReminderState
from domain.reminders.spec import ReminderSpec
from domain.task import Task
from domain.vocabulary import CancelReason, ReminderId, TaskId
from interfaces.http.openapi.documentation import (
    QUERY,
    VERSIONED,
    Documented,
    Querying,
    changing,
    problems,
)
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.authentication import service
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import context, execute, respond
from interfaces.http.protocol.paging import Cursor, Limit, decode_position, next_cursor
from interfaces.http.protocol.parameters import MomentText, check_request, moment, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7
from interfaces.http.tasks.tasks import Moment
from projections.rows import AFTER_ALL, BEFORE_ALL
from projections.views import due_reminders

Length = Annotated[
    str,
    Meta(
        max_length=40,
        description="ISO 8601: P1D is a day of the calendar, PT24H are 24 hours",
        examples=["P1D", "PT90M"],
    ),
]
Zone = Annotated[str, Meta(max_length=60, description="An IANA name, such as Europe/Berlin")]


class NewReminder(Record, forbid_unknown_fields=True):
    """Either `at` a moment or so long `before` the task is due; then, with `every`, again and
    again until the task is done, `at_most` so often. The zone is that of your notifications
    unless one is given: it says what a day is."""

    at: Moment | None = None
    before: Length | None = None
    timezone: Zone | UnsetType = UNSET
    every: Length | None = None
    at_most: Annotated[int, Meta(ge=1, le=1000)] | None = None


class Snooze(Record, forbid_unknown_fields=True, rename={"length": "for"}):
    """Either `until` a moment or `for` so long from now."""

    until: Moment | None = None
    length: Length | None = None


class ReminderBody(Record):
    """`due_at` is when it rings next or, once it is not pending, was last meant to."""

    id: ReminderId
    task_id: TaskId
    at: datetime | None
    before: str | None
    timezone: str
    every: str | None
    at_most: int | None
    due_at: datetime
    state: ReminderState
    cancelled_because: CancelReason | None
    rings: int
    snoozed: bool


class ReminderList(Record):
    items: Sequence[ReminderBody]


class DueBody(Record):
    id: ReminderId
    task_id: TaskId
    due_at: datetime | None


class DuePage(Record):
    items: Sequence[DueBody]
    next_cursor: str | None


def body_of(task_id: UUID, reminder: Reminder) -> ReminderBody:
    return ReminderBody(
        id=reminder.id,
        task_id=TaskId(task_id),
        at=reminder.at,
        before=reminder.before,
        timezone=reminder.timezone,
        every=reminder.every,
        at_most=reminder.at_most,
        due_at=reminder.due_at,
        state=reminder.state,
        cancelled_because=reminder.cancel_reason,
        rings=reminder.rings,
        snoozed=reminder.snoozed,
    )


def _one(task: Task, reminder_id: UUID) -> ReminderBody:
    reminder = task.reminders.get(ReminderId(reminder_id))
    if reminder is None:
        raise ReminderNotFound(reminder_id)
    return body_of(task.id or UUID(int=0), reminder)


@changing(post, "/{task_id:uuid}/reminders", "set_reminder", created=True, dto=Body)
async def set_reminder(
    task_id: FromPath[UUID], data: JSONBody[NewReminder], request: AnnalsRequest
) -> Answer[ReminderBody]:
    """Be reminded of a task."""
    timezone = await _my_zone(request) if data.timezone is UNSET else data.timezone
    wish = ReminderSpec(
        at=data.at, before=data.before, timezone=timezone, every=data.every, at_most=data.at_most
    )
    command = SetReminder(task_id=TaskId(task_id), reminder_id=ReminderId(uuid7()), spec=wish)
    receipt = await execute(request, command)
    # The last that was set when this was answered, be it now or under the same key before.
    body = body_of(task_id, list(receipt.state.reminders.values())[-1])
    location = f"/api/v1/tasks/{task_id}/reminders/{body.id}"
    return respond(body, receipt, status=201, location=location)


async def _my_zone(request: AnnalsRequest) -> str:
    identity = request.scope["auth"]
    mine = PreferencesStream(account_id=identity.account_id)
    found = await service(request).commands.read(mine, context(request, identity.actor))
    return found.state.timezone


@get(
    "/{task_id:uuid}/reminders",
    operation_id="list_reminders_of_task",
    operation_class=Documented,
    responses=problems(*QUERY),
    response_headers=VERSIONED,
)
async def list_reminders(task_id: FromPath[UUID], request: AnnalsRequest) -> Answer[ReminderList]:
    """List the reminders of a task, those that rang or were cancelled included."""
    asked = TaskStream(task_id=TaskId(task_id))
    who = context(request, request.scope["auth"].actor)
    receipt = await service(request).commands.read(asked, who)
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
    """Read one reminder."""
    asked = TaskStream(task_id=TaskId(task_id))
    who = context(request, request.scope["auth"].actor)
    receipt = await service(request).commands.read(asked, who)
    return respond(_one(receipt.state, reminder_id), receipt)


@changing(delete, "/{task_id:uuid}/reminders/{reminder_id:uuid}", "cancel_reminder")
async def cancel_reminder(
    task_id: FromPath[UUID], reminder_id: FromPath[UUID], request: AnnalsRequest
) -> Answer[ReminderBody]:
    """Cancel a reminder for good."""
    command = CancelReminder(task_id=TaskId(task_id), reminder_id=ReminderId(reminder_id))
    receipt = await execute(request, command)
    return respond(_one(receipt.state, reminder_id), receipt)


@changing(post, "/{task_id:uuid}/reminders/{reminder_id:uuid}/snooze", "snooze_reminder", dto=Body)
async def snooze_reminder(
    task_id: FromPath[UUID],
    reminder_id: FromPath[UUID],
    data: JSONBody[Snooze],
    request: AnnalsRequest,
) -> Answer[ReminderBody]:
    """Let a reminder ring later, or once more when it has rung."""
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
    responses=problems(*QUERY, 504),
)
async def my_reminders(
    request: AnnalsRequest,
    due_before: Annotated[
        MomentText | None, QueryParameter(description="Ringing earlier than this")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DuePage:
    """List what is to ring, the next first."""
    before = moment("due_before", due_before) or AFTER_ALL[0]
    search = f"reminders {before.isoformat()}"
    await wait_for_view(request, "due_reminders")
    rows = await service(request).ask(
        due_reminders.of_owner,
        request.scope["auth"].account_id,
        before=before,
        beyond=decode_position(cursor, search, BEFORE_ALL),
        limit=limit,
    )
    return DuePage(
        items=[DueBody(id=row.id, task_id=row.task_id, due_at=row.due_at) for row in rows],
        next_cursor=next_cursor(search, limit, [(row.due_at, row.id) for row in rows]),
    )


TASK_REMINDERS = Router(
    "/tasks",
    route_handlers=[set_reminder, list_reminders, get_reminder, cancel_reminder, snooze_reminder],
    before_request=check_request,
    tags=["Reminders"],
    security=[{"bearer": []}],
)
