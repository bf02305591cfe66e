"""The occurrences and the reminders that a task and its series have ahead, and how two differ."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice

from domain.record import Record
from domain.recurrence.duration import duration
from domain.recurrence.local_time import wall_clock, zone
from domain.recurrence.recurrence import occurrences
from domain.reminders.of_series import read_series_reminder
from domain.series import Series
from domain.task import Task
from domain.values.due import DayStart, Due
from domain.values.occurrence import occurrence_due
from domain.values.schedule import Anchor
from domain.vocabulary import Status

MOST_OCCURRENCES = 50
YEAR = timedelta(days=366)


class Outlook(Record):
    """What lies ahead within a year: when the task in hand is due, the later occurrences by wall
    time, and the instants at which reminders are sent."""

    task: Due
    later: Mapping[datetime, Due]
    reminders: frozenset[datetime]


class Move(Record):
    """An occurrence that is due at another time than before."""

    before: Due
    after: Due


class OutlookChange(Record):
    """Occurrences that `vanish`, `move` and `appear`; the instants of reminders that are sent no
    longer, and of those that are sent in addition."""

    vanish: Sequence[Due]
    move: Sequence[Move]
    appear: Sequence[Due]
    reminders_vanish: Sequence[datetime]
    reminders_appear: Sequence[datetime]


def outlook(task: Task, series: Series | None, day_start: DayStart, now: datetime) -> Outlook:
    """Return what lies ahead of a task and of its series, `MOST_OCCURRENCES` at most.

    Of a series that is counted from completions, later occurrences are not known yet.
    """
    open_task = task.status is Status.OPEN
    reminders = {each.due_at for each in task.reminders.values() if each.pending and open_task}
    later = dict(islice(_later(task, series, now), MOST_OCCURRENCES)) if series else {}
    if series is not None:
        for due in later.values():
            reminders |= set(_reminders(series, due, day_start))
    return Outlook(
        task=task.due if open_task else Due(), later=later, reminders=frozenset(reminders)
    )


def outlook_change(before: Outlook, after: Outlook) -> OutlookChange:
    """Return how what lies ahead differs; a later occurrence moves if its day has another then."""
    gone = {at: due for at, due in before.later.items() if due not in after.later.values()}
    new = {at: due for at, due in after.later.items() if due not in before.later.values()}
    moves: list[Move] = []
    if Due() not in (before.task, after.task) and before.task != after.task:
        moves.append(Move(before=before.task, after=after.task))
    for day, old in _by_day(gone).items():
        for was, now in zip(old, _by_day(new).get(day, ()), strict=False):
            moves.append(Move(before=gone.pop(was), after=new.pop(now)))
    vanish, appear = [*gone.values()], [*new.values()]
    if after.task == Due() != before.task:
        vanish.insert(0, before.task)
    if before.task == Due() != after.task:
        appear.insert(0, after.task)
    return OutlookChange(
        vanish=vanish,
        move=moves,
        appear=appear,
        reminders_vanish=sorted(before.reminders - after.reminders),
        reminders_appear=sorted(after.reminders - before.reminders),
    )


def _later(task: Task, series: Series, now: datetime) -> Iterator[tuple[datetime, Due]]:
    schedule = series.schedule
    if not series.editable or schedule.anchor is Anchor.COMPLETION:
        return
    after = wall_clock(now, zone(schedule.timezone))
    if task.series_id == series.id and task.occurrence is not None:
        after = max(after, task.occurrence)
    for at in occurrences(schedule.recurrence, after):
        if schedule.deadline(at) > now + YEAR:
            return
        yield at, occurrence_due(schedule, at)


def _reminders(series: Series, due: Due, day_start: DayStart) -> Iterator[datetime]:
    moment = due.moment(day_start)
    for text in series.template.reminders if moment is not None else ():
        reminder = read_series_reminder(text)
        where = zone(reminder.timezone or series.schedule.timezone)
        if moment is not None:
            yield duration("before", reminder.before).earlier(moment, where)


def _by_day(later: Mapping[datetime, Due]) -> Mapping[date, list[datetime]]:
    found: dict[date, list[datetime]] = {}
    for at in later:
        found.setdefault(at.date(), []).append(at)
    return found
