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
from domain.recurrence.local_time import zone, zone_name
from domain.reminders.reminder import Reminders
from domain.vocabulary import AccountId, ReminderId, in_utc

MAX_PENDING = 20  # reminders of one task
MIN_INTERVAL = timedelta(minutes=1)  # between two repetitions


def check_repetition(every: str | None, at_most: int | None, *, field: str = "every") -> None:
    """Refuse a repetition that is too fast, or a limit without a repetition.

    Raises:
        Invalid: `field` names the field, if it is not the one at fault.
    """
    if every is not None and duration(field, every).about < MIN_INTERVAL:
        raise DurationRefused(field, "A reminder can repeat once a minute at most.")
    if at_most is not None and every is None:
        raise ReminderRefused("at_most", "at_most needs every.")


class ReminderSpec(Record):
    """When a reminder is to be sent: at a moment (`at`), or a duration `before` the task is due.

    `every` (a duration) repeats it, `at_most` so often, until the task is done."""

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
        """Return the event that sets the reminder.

        Raises:
            Invalid: it could never be sent.
            TooManyReminders: the task has `MAX_PENDING` pending reminders.
        """
        if (self.at is None) == (self.before is None):
            raise ReminderRefused("at", "Give either a time (at) or a duration (before).")
        timezone = zone_name(self.timezone)
        check_repetition(self.every, self.at_most)
        if sum(other.pending for other in others.values()) >= MAX_PENDING:
            raise TooManyReminders(MAX_PENDING)
        due_at = self._first_due_at(task_due_at)
        if due_at <= now:
            raise ReminderRefused(
                "before" if self.before else "at",
                f"The reminder would have been due at {due_at:%Y-%m-%dT%H:%MZ}, in the past.",
            )
        return ReminderSet(
            reminder_id=reminder_id,
            owner=owner,
            at=due_at if self.before is None else None,
            before=self.before and self.before.upper(),
            timezone=timezone,
            every=self.every and self.every.upper(),
            at_most=self.at_most,
            due_at=due_at,
        )

    def _first_due_at(self, task_due_at: datetime | None) -> datetime:
        if self.at is not None:
            return in_utc("at", self.at)
        length = duration("before", self.before or "")
        if task_due_at is None:
            raise ReminderRefused("before", "The task has no due date to count back from.")
        return in_utc("before", length.earlier(task_due_at, zone(self.timezone)))
