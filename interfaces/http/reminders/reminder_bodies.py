"""The bodies of reminder requests and responses."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.record import Record
from domain.reminders.reminder import Reminder
from domain.vocabulary import CancelReason, ReminderId, ReminderState, TaskId
from interfaces.http.protocol.values import Moment
from interfaces.http.tasks.reminder_input import Length


class Snooze(Record, forbid_unknown_fields=True, rename={"length": "for"}):
    """Either `until` a moment or `for` a duration from now."""

    until: Moment | None = None
    length: Length | None = None


class ReminderBody(Record):
    """`due_at` is when it is sent next or, if it is not pending, when it was last due."""

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


class UpcomingReminder(Record):
    id: ReminderId
    task_id: TaskId
    due_at: datetime | None


class DuePage(Record):
    items: Sequence[UpcomingReminder]
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
