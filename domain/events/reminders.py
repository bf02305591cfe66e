"""The events of a reminder, in the stream of its task."""

from typing import TypeAlias

from domain.events.event import Event
from domain.vocabulary import AccountId, CancelReason, Moment, ReminderId, ReminderState


class ReminderSet(Event, tag="reminder.set"):
    """A reminder was set for a moment (`at`), or for a duration `before` the task is due. `due_at`
    is the instant, by the time zones of that day; `every` repeats it until the task is done."""

    reminder_id: ReminderId
    owner: AccountId
    due_at: Moment
    at: Moment | None = None
    before: str | None = None
    timezone: str = "UTC"
    every: str | None = None
    at_most: int | None = None


class ReminderSnoozed(Event, tag="reminder.snoozed"):
    """It was postponed, or will be sent again."""

    reminder_id: ReminderId
    until: Moment


class ReminderCancelled(Event, tag="reminder.cancelled"):
    """It will not be sent; `why` says whether by request or by a change of the task."""

    reminder_id: ReminderId
    why: CancelReason


class ReminderRearmed(Event, tag="reminder.rearmed"):
    """It is pending again, or due at another time: the task came back, or its due date changed.
    `rings` is how often it was sent before, as far as that still counts."""

    reminder_id: ReminderId
    due_at: Moment
    rings: int = 0


class ReminderTriggered(Event, tag="reminder.triggered"):
    """It was sent for the `ring`-th time, due at `due_at`; the next time is at `next_at`."""

    reminder_id: ReminderId
    due_at: Moment
    ring: int = 1
    next_at: Moment | None = None


class ReminderMissed(Event, tag="reminder.missed"):
    """It was found so late that it was not sent."""

    reminder_id: ReminderId
    due_at: Moment
    next_at: Moment | None = None


class ReminderRestored(Event, tag="reminder.restored"):
    """It is as it was before a change that was undone: pending at `due_at`, or sent, missed or
    cancelled, and sent `rings` times."""

    reminder_id: ReminderId
    due_at: Moment
    state: ReminderState
    cancel_reason: CancelReason | None = None
    rings: int = 0
    snoozed: bool = False


class ReminderWithdrawn(Event, tag="reminder.withdrawn"):
    """The change that set it was undone: the task no longer has it."""

    reminder_id: ReminderId


ReminderEvent: TypeAlias = (
    ReminderSet
    | ReminderSnoozed
    | ReminderCancelled
    | ReminderRearmed
    | ReminderTriggered
    | ReminderMissed
    | ReminderRestored
    | ReminderWithdrawn
)
