"""Why a reminder did, or did not, reach somebody: the facts, in order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.params import FromPath

from domain.errors import ReminderNotFound
from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import ReminderId, TaskId
from interfaces.http.openapi.documentation import QUERY, Querying, problems
from interfaces.http.protocol.authentication import service
from interfaces.http.protocol.parameters import check_request, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.reminders.reminders import my_reminders
from projections.views import due_reminders, notifications


class TraceStep(Record):
    """One fact: what happened and when, at whose word, and what it says.

    `notification_id` and `channel` are there for what happened to a notification.
    """

    at: datetime
    event: str
    actor: str
    notification_id: UUID | None
    channel: str | None
    facts: dict[str, Any]


class ReminderTrace(Record):
    """`due_at` is the instant it rings next; null when it will not."""

    reminder_id: ReminderId
    task_id: TaskId
    due_at: datetime | None
    steps: Sequence[TraceStep]


@get(
    "/{reminder_id:uuid}/why",
    operation_id="explain_reminder",
    operation_class=Querying,
    responses=problems(*QUERY, 504),
)
async def reminder_trace(reminder_id: FromPath[UUID], request: AnnalsRequest) -> ReminderTrace:
    """Say what happened to a reminder and to each notification of it, attempts included."""
    here = service(request)
    await wait_for_view(request, "due_reminders")
    known = await here.ask(due_reminders.by_id, reminder_id)
    if known is None or known.owner != request.scope["auth"].account_id:
        raise ReminderNotFound(reminder_id)
    of_task = [
        recorded
        for recorded in await here.store.load(known.task_id)
        if getattr(recorded.event, "reminder_id", None) == reminder_id
    ]
    steps = [(recorded.position, _step(recorded)) for recorded in of_task]
    for row in await here.ask(notifications.of_reminder, reminder_id):
        told = await here.store.load(row.id)
        steps += [(fact.position, _step(fact, row.id, row.channel)) for fact in told]
    steps.sort(key=lambda step: step[0])
    return ReminderTrace(
        reminder_id=known.id,
        task_id=known.task_id,
        due_at=known.due_at,
        steps=[step for _, step in steps],
    )


def _step(
    recorded: Recorded, notification_id: UUID | None = None, channel: str | None = None
) -> TraceStep:
    facts: dict[str, Any] = msgspec.to_builtins(recorded.event)
    event = facts.pop("type")
    return TraceStep(
        at=recorded.recorded_at,
        event=event,
        actor=recorded.actor,
        notification_id=notification_id,
        channel=channel,
        facts={name: value for name, value in facts.items() if value not in (None, "", [])},
    )


REMINDERS = Router(
    "/reminders",
    route_handlers=[my_reminders, reminder_trace],
    before_request=check_request,
    tags=["Reminders"],
    security=[{"bearer": []}],
)
