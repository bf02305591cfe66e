"""A reminder of a task: when it rings, and what becomes of that when the task changes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from domain.errors import (
    ReminderIsCancelled,
    ReminderRefused,
)
from domain.events.reminders import (
    ReminderCancelled,
    ReminderMissed,
    ReminderRearmed,
    ReminderSnoozed,
    ReminderTriggered,
)
from domain.record import Record
from domain.recurrence.duration import duration
from domain.recurrence.local_time import zone
from domain.vocabulary import CancelReason, ReminderId


class ReminderState(StrEnum):
    PENDING = "pending"
    RUNG = "rung"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Reminder(Record):
    """`due_at` is when it rings next, or the last moment it was meant to."""

    id: ReminderId
    at: datetime | None
    before: str | None
    timezone: str
    every: str | None
    at_most: int | None
    due_at: datetime
    state: ReminderState = ReminderState.PENDING
    cancel_reason: CancelReason | None = None
    rings: int = 0
    snoozed: bool = False

    @property
    def pending(self) -> bool:
        return self.state is ReminderState.PENDING

    def snooze(self, until: datetime, now: datetime) -> Sequence[ReminderSnoozed]:
        """Let it ring later, or once more when it has rung already."""
        if self.state is ReminderState.CANCELLED:
            raise ReminderIsCancelled
        if until <= now:
            raise ReminderRefused("until", "A reminder cannot be snoozed into the past.")
        if self.pending and until == self.due_at:
            return []
        return [ReminderSnoozed(reminder_id=self.id, until=until)]

    def cancel(self) -> Sequence[ReminderCancelled]:
        """End it for good: unlike what its task does to it, this is never undone."""
        if self.cancel_reason is CancelReason.ASKED:
            return []
        return [ReminderCancelled(reminder_id=self.id, why=CancelReason.ASKED)]

    def next_due_at(self, task_due_at: datetime | None) -> datetime | None:
        """Return the instant it stands for, given when the task is due; None when that is never."""
        if self.before is None:
            return self.at
        if task_due_at is None:
            return None
        return duration("before", self.before).earlier(task_due_at, zone(self.timezone))

    def next_repetition(self, start: datetime, now: datetime) -> datetime | None:
        """Return the first repetition counted from `start` that is still ahead, if there is one."""
        if self.every is None:
            return None
        step, timezone = duration("every", self.every), zone(self.timezone)
        # One step less than the estimate, for a day may have 25 hours.
        times = max(1, int((now - start) / step.about) - 1)
        while (moment := step.later(start, timezone, times=times)) <= now:
            times += 1
        return moment

    def trigger(self, now: datetime, *, late: bool) -> ReminderTriggered | ReminderMissed:
        """Return what happens at its moment, or so `late` that nobody wants to hear of it."""
        if late:
            return ReminderMissed(
                reminder_id=self.id,
                due_at=self.due_at,
                next_at=self.next_repetition(self.due_at, now),
            )
        ring = self.rings + 1
        last = self.at_most is not None and ring >= self.at_most
        return ReminderTriggered(
            reminder_id=self.id,
            due_at=self.due_at,
            ring=ring,
            next_at=None if last else self.next_repetition(self.due_at, now),
        )

    def rearm(self, task_due_at: datetime | None, now: datetime) -> ReminderRearmed | None:
        """Return what brings it back with its task, when its moment is still ahead."""
        if self.cancel_reason is None or self.cancel_reason is CancelReason.ASKED:
            return None
        kept = self.due_at if self.snoozed or self.rings else self.next_due_at(task_due_at)
        if kept is not None and kept <= now:
            kept = self.next_repetition(kept, now)
        if kept is None:
            return None
        return ReminderRearmed(reminder_id=self.id, due_at=kept, rings=self.rings)

    def reschedule(
        self, task_due_at: datetime | None, now: datetime
    ) -> ReminderRearmed | ReminderCancelled | None:
        """Return what follows when its open task is due at another time."""
        if self.before is None or self.cancel_reason is CancelReason.ASKED:
            return None
        moment = self.next_due_at(task_due_at)
        if moment is not None and moment > now:
            if self.pending and moment == self.due_at:
                return None
            return ReminderRearmed(reminder_id=self.id, due_at=moment)
        if not self.pending:
            return None
        why = CancelReason.NO_DUE_DATE if moment is None else CancelReason.PASSED
        return ReminderCancelled(reminder_id=self.id, why=why)


Reminders: TypeAlias = Mapping[ReminderId, Reminder]


def cancel_pending(reminders: Reminders, why: CancelReason) -> Sequence[ReminderCancelled]:
    """Return what happens to all that are pending when their task no longer wants them."""
    return [
        ReminderCancelled(reminder_id=reminder.id, why=why)
        for reminder in reminders.values()
        if reminder.pending
    ]


def rearm_all(
    reminders: Reminders, due_at: datetime | None, now: datetime
) -> Sequence[ReminderRearmed]:
    return [fact for each in reminders.values() if (fact := each.rearm(due_at, now))]


def reschedule_all(
    reminders: Reminders, due_at: datetime | None, now: datetime
) -> Sequence[ReminderRearmed | ReminderCancelled]:
    return [fact for each in reminders.values() if (fact := each.reschedule(due_at, now))]
