"""Explains why a reminder was sent or not: its events and those of its notifications."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.params import FromPath

from application.explaining.explanation import ReminderFacts, ReminderMoment, explain
from domain.aggregate import fold
from domain.errors import ReminderNotFound
from domain.events.recorded import Recorded
from domain.notification import Notification
from domain.record import Record
from domain.values.streams import preferences_stream
from domain.vocabulary import ReminderId, TaskId
from interfaces.http.openapi.documentation import QUERY, Querying, problems
from interfaces.http.protocol.parameters import check_request, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.reminders.reminders import my_reminders
from projections.views.reminders import due_reminders, notifications
from projections.views.reminders.due_reminders import DueReminder, DueReminders


class TraceStep(Record):
    """One event: when it was recorded, its type, its actor and its fields.

    `notification_id` and `channel` are given for events of a notification.
    """

    at: datetime
    event: str
    actor: str
    notification_id: UUID | None
    channel: str | None
    facts: dict[str, Any]


class ReminderTrace(Record):
    """`due_at` is when it is sent next; null if it will not be sent. `moments` are the last 20
    times at which it was due, each with every channel; `steps` are the events behind them."""

    reminder_id: ReminderId
    task_id: TaskId
    due_at: datetime | None
    moments: Sequence[ReminderMoment]
    steps: Sequence[TraceStep]


@get(
    "/{reminder_id:uuid}/why",
    operation_id="explain_reminder",
    operation_class=Querying,
    responses=problems(*QUERY, 410, 504),
)
async def reminder_trace(reminder_id: FromPath[UUID], request: AnnalsRequest) -> ReminderTrace:
    """Explain a reminder: which channels were used, why others were not, and all its events."""
    parts = request.parts
    await wait_for_view(request, "due_reminders")
    known = await parts.queries.run(due_reminders.by_id, reminder_id)
    if known is None or known.owner != request.account_id:
        raise ReminderNotFound(reminder_id)
    of_task = [
        recorded
        for recorded in await parts.streams.events(known.task_id)
        if getattr(recorded.event, "reminder_id", None) == reminder_id
    ]
    due_at = _due_at(of_task)
    rows = await parts.queries.run(notifications.of_reminder, reminder_id)
    histories = {row.id: await parts.streams.events(row.id) for row in rows}
    digests = {row.digest_id for row in rows if row.digest_id is not None}
    facts = ReminderFacts(
        events=of_task,
        due_at=due_at,
        notifications=[fold(Notification(), history) for history in histories.values()],
        digests={
            digest: fold(Notification(), await parts.streams.events(digest)) for digest in digests
        },
        preferences=await parts.streams.events(preferences_stream(known.owner)),
        account=await parts.streams.events(known.owner),
    )
    steps = [(recorded.position, _step(recorded)) for recorded in of_task]
    for row in rows:
        steps += [(fact.position, _step(fact, row.id, row.channel)) for fact in histories[row.id]]
    steps.sort(key=lambda step: step[0])
    return ReminderTrace(
        reminder_id=known.id,
        task_id=known.task_id,
        due_at=due_at,
        moments=explain(facts, datetime.now(UTC)),
        steps=[step for _, step in steps],
    )


def _due_at(events: Sequence[Recorded]) -> datetime | None:
    """Return when the reminder is due next by its events, which the view may be behind."""
    row: DueReminder | None = None
    for recorded in events:
        row = DueReminders().evolve(row, recorded)
    return row.due_at if row else None


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
)
