"""The reminders that every occurrence of a series gets, and how its tasks follow them."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from msgspec.structs import replace

from domain.errors import ReminderRefused, TooManyReminders
from domain.events.reminders import ReminderCancelled, ReminderSet
from domain.record import Record
from domain.recurrence.duration import duration
from domain.recurrence.local_time import zone, zone_name
from domain.reminders.reminder import FINAL, Reminder, Reminders
from domain.reminders.spec import check_repetition
from domain.values.uuids import named_uuid
from domain.vocabulary import AccountId, CancelReason, ReminderId, ReminderState

MAX_OF_SERIES = 10
_TEXT = re.compile(
    r"(?P<before>P[0-9A-Z]+)"
    r"(?: every (?P<every>P[0-9A-Z]+)(?: at most (?P<at_most>[0-9]{1,4}))?)?"
    r"(?: in (?P<timezone>\S+))?",
    re.IGNORECASE,
)


class SeriesReminder(Record):
    """A reminder `before` each occurrence is due, repeated as `every` and `at_most` say.

    As text: "P1D", or "PT30M every PT10M at most 3 in Asia/Tokyo". The zone, in which days are
    counted, is absent if it is that of the series.
    """

    before: str
    every: str | None = None
    at_most: int | None = None
    timezone: str | None = None

    @property
    def text(self) -> str:
        every = f" every {self.every}" if self.every else ""
        at_most = f" at most {self.at_most}" if self.at_most else ""
        return f"{self.before}{every}{at_most}" + (f" in {self.timezone}" if self.timezone else "")

    def of_task(self, task_id: UUID) -> ReminderId:
        """Return the id of this reminder of a task: the same whenever it is set."""
        return ReminderId(named_uuid(task_id, self.text))


@lru_cache(maxsize=1024)  # each task with a due date asks for its default reminders
def read_series_reminder(text: str, *, field: str = "reminders") -> SeriesReminder:
    """Read the text of a reminder of a series.

    Raises:
        Invalid: it cannot be read, or never sent; `field` is at fault.
    """
    found = _TEXT.fullmatch(" ".join(text.split()))
    if found is None:
        duration(field, text)  # says what a duration is
        raise ReminderRefused(field, f"{text[:60]!r} is not a reminder.")
    duration(field, found["before"])
    at_most = int(found["at_most"]) if found["at_most"] else None
    if at_most == 0:
        raise ReminderRefused(field, "A reminder is sent at least once.")
    check_repetition(found["every"], at_most, field=field)
    return SeriesReminder(
        before=found["before"].upper(),
        every=found["every"] and found["every"].upper(),
        at_most=at_most,
        timezone=found["timezone"] and zone_name(found["timezone"]),
    )


def checked_reminders(texts: Sequence[str], *, field: str = "reminders") -> tuple[str, ...]:
    """Return the reminders of a series in one form, each once.

    Raises:
        Invalid: one cannot be read, or never sent; `field` is at fault.
        TooManyReminders: there are more than `MAX_OF_SERIES`.
    """
    unique = tuple(dict.fromkeys(read_series_reminder(text, field=field).text for text in texts))
    if len(unique) > MAX_OF_SERIES:
        raise TooManyReminders(MAX_OF_SERIES)
    return unique


def series_reminder_of(reminder: Reminder, timezone: str) -> SeriesReminder | None:
    """Return what a series in `timezone` carries on of a reminder of its task; None: nothing,
    because it is for a fixed moment."""
    if reminder.before is None:
        return None
    return SeriesReminder(
        before=reminder.before,
        every=reminder.every,
        at_most=reminder.at_most,
        timezone=None if reminder.timezone == timezone else reminder.timezone,
    )


def carried_on(reminders: Reminders, timezone: str) -> tuple[str, ...]:
    """Return the reminders of a task that its series carries on, unless they were cancelled."""
    kept = [
        carried.text
        for each in reminders.values()
        if each.cancel_reason not in FINAL and (carried := series_reminder_of(each, timezone))
    ]
    return tuple(dict.fromkeys(kept))[:MAX_OF_SERIES]


def follow_series(
    reminders: Reminders,
    wanted: Sequence[str],
    dropped: Sequence[str],
    *,
    task_id: UUID,
    owner: AccountId,
    due_at: datetime,
    timezone: str,
    now: datetime,
) -> list[ReminderSet | ReminderCancelled]:
    """Return the events by which a task gets the reminders of its series that are still ahead,
    and loses those that the series dropped."""
    gone = {text for text in dropped if text not in wanted}
    events: list[ReminderSet | ReminderCancelled] = [
        ReminderCancelled(reminder_id=each.id, why=CancelReason.SERIES)
        for each in reminders.values()
        if gone & _texts(each, timezone)
        and each.cancel_reason not in FINAL
        and each.state in (ReminderState.PENDING, ReminderState.CANCELLED)
    ]
    # What a person cancelled on this task stays cancelled; what the series dropped can return.
    present = {
        text
        for each in reminders.values()
        if each.cancel_reason is not CancelReason.SERIES
        for text in _texts(each, timezone)
    }
    for text in wanted:
        if text not in present:
            each = read_series_reminder(text)
            event = set_before_due(
                each, task_id=task_id, owner=owner, due_at=due_at, timezone=timezone
            )
            events += [event] if event.due_at > now else []
    return events


def _texts(reminder: Reminder, timezone: str) -> set[str]:
    """Return the texts that mean this reminder, also if its series had another zone before."""
    found = series_reminder_of(reminder, timezone)
    return {found.text, replace(found, timezone=None).text} if found else set()


def set_before_due(
    wanted: SeriesReminder, *, task_id: UUID, owner: AccountId, due_at: datetime, timezone: str
) -> ReminderSet:
    """Return the event that sets a reminder of a series for one of its tasks."""
    name = wanted.timezone or timezone
    return ReminderSet(
        reminder_id=wanted.of_task(task_id),
        owner=owner,
        before=wanted.before,
        timezone=name,
        every=wanted.every,
        at_most=wanted.at_most,
        due_at=duration("before", wanted.before).earlier(due_at, zone(name)),
    )
