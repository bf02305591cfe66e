"""When a task is due: at an instant (`due_at`), on a day (`due_on`), or neither; never both."""

from datetime import date, datetime, time
from typing import Any

from msgspec import UNSET, UnsetType

from domain.errors import DueTwice
from domain.record import Record
from domain.recurrence.local_time import resolve, zone
from domain.vocabulary import Moment, day_in_range, in_utc


class DayStart(Record):
    """When the days of an account start: `at` is a wall time of `timezone`, such as "09:00".

    Reminders of a task that is due on a day count back from this moment.
    """

    at: str = "09:00"
    timezone: str = "UTC"

    def on(self, day: date) -> datetime:
        """Return the instant, in UTC, at which this day starts for the account."""
        return resolve(datetime.combine(day, time.fromisoformat(self.at)), zone(self.timezone))


class Due(Record):
    """When a task is due. Its fields are those of the task and of its events."""

    due_at: Moment | None = None
    due_on: date | None = None

    @property
    def fields(self) -> dict[str, Any]:
        return {"due_at": self.due_at, "due_on": self.due_on}

    def changed(
        self, due_at: datetime | UnsetType | None, due_on: date | UnsetType | None
    ) -> "Due":
        """Return the due date after a change. Giving an instant clears the day, and the reverse.

        Raises:
            DueTwice: the change gives both an instant and a day.
            DateOutOfRange: the change gives a date before 1970 or after 2999.
        """
        if due_at is UNSET and due_on is UNSET:
            return self
        if due_at is UNSET:
            due_at = None if due_on not in (UNSET, None) else self.due_at
        if due_on is UNSET:
            due_on = None if due_at is not None else self.due_on
        return checked_due(due_at, due_on)

    def moment(self, day_start: DayStart) -> datetime | None:
        """Return the instant that reminders count back from; None: the task has no due date."""
        return day_start.on(self.due_on) if self.due_on is not None else self.due_at


def checked_due(due_at: datetime | None, due_on: date | None) -> Due:
    """Return the due date of a task, its instant in UTC.

    Raises:
        DueTwice: an instant and a day are given.
        DateOutOfRange: a date is before 1970 or after 2999.
    """
    if due_at is not None and due_on is not None:
        raise DueTwice
    return Due(
        due_at=None if due_at is None else in_utc("due_at", due_at),
        due_on=None if due_on is None else day_in_range("due_on", due_on),
    )
