"""A reminder of a task: when it rings, and what becomes of that when the task changes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias, assert_never

from msgspec.structs import replace

from domain.errors import (
    DurationRefused,
    ReminderIsCancelled,
    ReminderRefused,
    TooManyReminders,
)
from domain.events.reminders import (
    ReminderCancelled,
    ReminderEvent,
    ReminderMissed,
    ReminderRearmed,
    ReminderSet,
    ReminderSnoozed,
    ReminderTriggered,
)
from domain.record import Record
from domain.recurrence.duration import duration
from domain.recurrence.local_time import zone
from domain.vocabulary import AccountId, CancelReason, ReminderId, in_utc

MAX_PENDING = 20  # of one task
MIN_INTERVAL = timedelta(minutes=1)  # between two rings


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


class ReminderSpec(Record):
    """What somebody asks for: a moment (`at`) or a time `before` the task is due."""

    at: datetime | None = None
    before: str | None = None
    timezone: str = "UTC"
    every: str | None = None
    at_most: int | None = None

    def to_event(
        self,
        reminder_id: ReminderId,
        owner: AccountId,
        task_due_at: datetime | None,
        others: Reminders,
        now: datetime,
    ) -> ReminderSet:
        """Return the reminder that grants it.

        Raises:
            Invalid: it could never ring.
            TooManyReminders: the task has enough of them.
        """
        if (self.at is None) == (self.before is None):
            raise ReminderRefused("at", "Give either a time (at) or a duration (before).")
        zone(self.timezone)
        if self.every is not None and duration("every", self.every).about < MIN_INTERVAL:
            raise DurationRefused("every", "A reminder is repeated every minute at most.")
        if self.at_most is not None and self.every is None:
            raise ReminderRefused("at_most", "at_most needs every.")
        if sum(other.pending for other in others.values()) >= MAX_PENDING:
            raise TooManyReminders(MAX_PENDING)
        due_at = self._first_ring(task_due_at)
        if due_at <= now:
            raise ReminderRefused(
                "before" if self.before else "at",
                f"This would have rung at {due_at:%Y-%m-%dT%H:%MZ}.",
            )
        return ReminderSet(
            reminder_id=reminder_id,
            owner=owner,
            at=due_at if self.before is None else None,
            before=self.before and self.before.upper(),
            timezone=self.timezone,
            every=self.every and self.every.upper(),
            at_most=self.at_most,
            due_at=due_at,
        )

    def _first_ring(self, task_due_at: datetime | None) -> datetime:
        if self.at is not None:
            return in_utc("at", self.at)
        length = duration("before", self.before or "")
        if task_due_at is None:
            raise ReminderRefused("before", "The task has no due date to count back from.")
        return in_utc("before", length.earlier(task_due_at, zone(self.timezone)))


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


def evolve(reminders: Reminders, event: ReminderEvent) -> Reminders:
    """Accept what happened to one of them."""
    if isinstance(event, ReminderSet):
        return {**reminders, event.reminder_id: created(event)}
    before = reminders.get(event.reminder_id)
    if before is None:
        return reminders
    return {**reminders, event.reminder_id: _changed(before, event)}


def created(event: ReminderSet) -> Reminder:
    return Reminder(
        id=event.reminder_id,
        at=event.at,
        before=event.before,
        timezone=event.timezone,
        every=event.every,
        at_most=event.at_most,
        due_at=event.due_at,
    )


def _changed(reminder: Reminder, event: ReminderEvent) -> Reminder:
    awake = replace(reminder, state=ReminderState.PENDING, cancel_reason=None)
    match event:
        case ReminderSnoozed(until=until):
            return replace(awake, due_at=until, snoozed=True)
        case ReminderRearmed(due_at=due_at, rings=rings):
            snoozed = reminder.snoozed and due_at == reminder.due_at
            return replace(awake, due_at=due_at, snoozed=snoozed, rings=rings)
        case ReminderCancelled(why=why):
            return replace(reminder, state=ReminderState.CANCELLED, cancel_reason=why)
        case ReminderTriggered(next_at=next_at, ring=ring):
            return _after(replace(reminder, rings=ring), ReminderState.RUNG, next_at)
        case ReminderMissed(next_at=next_at):
            return _after(reminder, ReminderState.MISSED, next_at)
        case ReminderSet():
            return created(event)
        case _:
            assert_never(event)


def _after(reminder: Reminder, over: ReminderState, next_at: datetime | None) -> Reminder:
    if next_at is None:
        return replace(reminder, state=over, snoozed=False)
    return replace(reminder, due_at=next_at, snoozed=False)
