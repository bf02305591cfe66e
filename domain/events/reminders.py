"""Every fact about a reminder; they stand in the stream of its task."""

from datetime import datetime
from typing import TypeAlias

from domain.events.event import Event
from domain.vocabulary import AccountId, CancelReason, ReminderId


class ReminderSet(Event, tag="reminder.set"):
    """Somebody wants to hear of the task at a moment, or so long `before` it is due. `due_at` is
    when that is, by the zones of that day; `every` repeats it until the task is done."""

    reminder_id: ReminderId
    owner: AccountId
    due_at: datetime
    at: datetime | None = None
    before: str | None = None
    timezone: str = "UTC"
    every: str | None = None
    at_most: int | None = None


class ReminderSnoozed(Event, tag="reminder.snoozed"):
    """It rings later, or once more."""

    reminder_id: ReminderId
    until: datetime


class ReminderCancelled(Event, tag="reminder.cancelled"):
    """It does not ring, because somebody asked for that or the task no longer wants it."""

    reminder_id: ReminderId
    why: CancelReason


class ReminderRearmed(Event, tag="reminder.rearmed"):
    """It is to ring after all, or at another time than before: the task came back, or is due at
    another time. `rings` counts how often it rang before and still counts."""

    reminder_id: ReminderId
    due_at: datetime
    rings: int = 0


class ReminderTriggered(Event, tag="reminder.triggered"):
    """It rang for the `ring`-th time, which was due at `due_at`; the next is at `next_at`."""

    reminder_id: ReminderId
    due_at: datetime
    ring: int = 1
    next_at: datetime | None = None


class ReminderMissed(Event, tag="reminder.missed"):
    """Its moment was found so late that it did not ring."""

    reminder_id: ReminderId
    due_at: datetime
    next_at: datetime | None = None


ReminderEvent: TypeAlias = (
    ReminderSet
    | ReminderSnoozed
    | ReminderCancelled
    | ReminderRearmed
    | ReminderTriggered
    | ReminderMissed
)
