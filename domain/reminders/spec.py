"""A request for a reminder, and the event that grants it."""

from datetime import datetime, timedelta

from domain.errors import (
    DurationRefused,
    ReminderRefused,
    TooManyReminders,
)
from domain.events.reminders import (
    ReminderSet,
)
from domain.record import Record
from domain.recurrence.duration import duration
from domain.recurrence.local_time import zone
from domain.reminders.reminder import Reminders
from domain.vocabulary import AccountId, ReminderId, in_utc

MAX_PENDING = 20  # reminders of one task
MIN_INTERVAL = timedelta(minutes=1)  # between two repetitions


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
