"""The bodies of reminder requests and responses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from domain.record import Record
from domain.reminders.reminder import Reminder
from domain.vocabulary import CancelReason, ReminderId, ReminderState, TaskId
from interfaces.http.protocol.values import Moment, Zone

Length = Annotated[
    str,
    Meta(
        max_length=40,
        description="ISO 8601: P1D is a calendar day, PT24H is 24 hours",
        examples=["P1D", "PT90M"],
    ),
]


class NewReminder(Record, forbid_unknown_fields=True):
    """Either `at` a moment or a duration `before` the task is due; with `every`, repeated until
    the task is done, `at_most` so many times. `timezone` defines calendar days; by default it
    is the one of your notification preferences."""

    at: Moment | None = None
    before: Length | None = None
    timezone: Zone | UnsetType = UNSET
    every: Length | None = None
    at_most: Annotated[int, Meta(ge=1, le=1000)] | None = None


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
