"""A reminder of a task: when it is due, and what follows when the task changes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
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
from domain.vocabulary import CancelReason, ReminderId, ReminderState

# A reminder cancelled for one of these reasons does not come back with its task.
FINAL = (CancelReason.ASKED, CancelReason.SERIES, CancelReason.ACCOUNT_DELETED)


class Reminder(Record):
    """`due_at` is when it is due next, or was due last; `rings` counts how often it was sent."""

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
        """Postpone it, or send it again if it was sent already."""
        if self.state is ReminderState.CANCELLED:
            raise ReminderIsCancelled
        if until <= now:
            raise ReminderRefused("until", "A reminder cannot be snoozed into the past.")
        if self.pending and until == self.due_at:
            return []
        return [ReminderSnoozed(reminder_id=self.id, until=until)]

    def cancel(self) -> Sequence[ReminderCancelled]:
        """Cancel it for good. A cancellation by a change of its task can be undone, this cannot."""
        if self.cancel_reason in FINAL:
            return []
        return [ReminderCancelled(reminder_id=self.id, why=CancelReason.ASKED)]

    def next_due_at(self, task_due_at: datetime | None) -> datetime | None:
        """Return when it is due by its own rule, given when the task is due; None: never."""
        if self.before is None:
            return self.at
        if task_due_at is None:
            return None
        return duration("before", self.before).earlier(task_due_at, zone(self.timezone))

    def next_repetition(self, start: datetime, now: datetime) -> datetime | None:
        """Return the first repetition after `now`, counted from `start`; None without `every`."""
        if self.every is None:
            return None
        step, timezone = duration("every", self.every), zone(self.timezone)
        # Start one step below the estimate, because a day may have 25 hours.
        steps = max(1, int((now - start) / step.about) - 1)
        while (moment := step.later(start, timezone, times=steps)) <= now:
            steps += 1
        return moment

    def trigger(self, now: datetime, *, late: bool) -> ReminderTriggered | ReminderMissed:
        """Return that it is sent, or missed because it is too `late`."""
        if late:
            return ReminderMissed(
                reminder_id=self.id,
                due_at=self.due_at,
                next_at=self.next_repetition(self.due_at, now),
            )
        count = self.rings + 1
        last = self.at_most is not None and count >= self.at_most
        return ReminderTriggered(
            reminder_id=self.id,
            due_at=self.due_at,
            ring=count,
            next_at=None if last else self.next_repetition(self.due_at, now),
        )

    def rearm(self, task_due_at: datetime | None, now: datetime) -> ReminderRearmed | None:
        """Return the event that makes it pending again with its task; None: it is not due."""
        if self.cancel_reason is None or self.cancel_reason in FINAL:
            return None
        due_at = self.due_at if self.snoozed or self.rings else self.next_due_at(task_due_at)
        if due_at is not None and due_at <= now:
            due_at = self.next_repetition(due_at, now)
        if due_at is None:
            return None
        return ReminderRearmed(reminder_id=self.id, due_at=due_at, rings=self.rings)

    def reschedule(
        self, task_due_at: datetime | None, now: datetime
    ) -> ReminderRearmed | ReminderCancelled | None:
        """Return the event that follows from another due date of its task, or None."""
        if self.before is None or self.cancel_reason in FINAL:
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
    """Return the events that cancel all pending reminders."""
    return [
        ReminderCancelled(reminder_id=reminder.id, why=why)
        for reminder in reminders.values()
        if reminder.pending
    ]


def rearm_all(
    reminders: Reminders, due_at: datetime | None, now: datetime
) -> Sequence[ReminderRearmed]:
    """Return the events that make reminders pending again, because their task came back."""
    return [event for each in reminders.values() if (event := each.rearm(due_at, now))]


def reschedule_all(
    reminders: Reminders, due_at: datetime | None, now: datetime
) -> Sequence[ReminderRearmed | ReminderCancelled]:
    """Return the events that follow from another due date of their task."""
    return [event for each in reminders.values() if (event := each.reschedule(due_at, now))]
