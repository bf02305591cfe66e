"""The events of a series of recurring tasks."""

from datetime import date
from typing import TypeAlias

from msgspec import UNSET, UnsetType

from domain.events.event import Event
from domain.values.schedule import Schedule, Template, TemplateChange
from domain.values.series_tasks import SeriesTask
from domain.vocabulary import AccountId, Moment, SeriesId, TaskId, WallTime


class SeriesStarted(Event, tag="series.started"):
    """The task `first` began to recur, at a wall time of the zone.

    A series that was split off `continues` another, and takes over the tasks it had `made` for
    later occurrences.
    """

    owner: AccountId
    template: Template
    schedule: Schedule
    first: SeriesTask
    next_due: Moment | None
    continues: SeriesId | None = None
    made: tuple[SeriesTask, ...] = ()


class SeriesChanged(Event, tag="series.changed"):
    """The template or the schedule of later occurrences changed.

    With a new schedule, the task `first` is its first occurrence, and existing tasks of later
    occurrences that it does not have are `withdrawn`. With new reminders, `dropped_reminders`
    are those that the template no longer has.
    """

    template: TemplateChange | UnsetType = UNSET
    schedule: Schedule | UnsetType = UNSET
    first: SeriesTask | UnsetType = UNSET
    next_due: Moment | UnsetType | None = UNSET
    withdrawn: tuple[TaskId, ...] = ()
    dropped_reminders: tuple[str, ...] = ()


class SeriesSplit(Event, tag="series.split"):
    """The series ended; from `occurrence` on, the series `following` continues it."""

    occurrence: WallTime
    following: SeriesId
    withdrawn: tuple[TaskId, ...] = ()


class SeriesOccurrencesMade(Event, tag="series.occurrences_made"):
    """Tasks were generated, by the edition `tzdata` of the time zones. The next occurrence is due
    at `next_due`; in a series of days, this is the end of the day.

    Tasks that are `kept` were generated under an earlier schedule, and count again. `behind`:
    the next occurrence should exist by now, too.
    """

    made: tuple[SeriesTask, ...]
    next_due: Moment | None
    tzdata: str
    kept: tuple[SeriesTask, ...] = ()
    behind: bool = False


class SeriesOccurrenceSkipped(Event, tag="series.occurrence_skipped"):
    """An occurrence was skipped; the series goes on with the next."""

    occurrence: WallTime
    task_id: TaskId


class SeriesOccurrenceRestored(Event, tag="series.occurrence_restored"):
    """An occurrence is no longer skipped."""

    occurrence: WallTime
    task_id: TaskId


class SeriesOccurrenceMissed(Event, tag="series.occurrence_missed"):
    """An occurrence passed before it was generated, and never will be. `task_id` is the id its task
    would have."""

    occurrence: WallTime
    task_id: TaskId
    due_at: Moment | None
    due_on: date | None = None


class SeriesRestored(Event, tag="series.restored"):
    """The series is as it was before a change that was undone, or after one that was redone; only
    what differs is set.

    `latest` is the last occurrence that was generated or missed, `generated_count` their number,
    and `behind` whether the next should exist by now. The series has the tasks `made` again, and
    those that are `withdrawn` no longer; if it comes to their occurrences, they come back.
    """

    template: TemplateChange | UnsetType = UNSET
    schedule: Schedule | UnsetType = UNSET
    latest: WallTime | UnsetType = UNSET
    generated_count: int | UnsetType = UNSET
    next_due: Moment | UnsetType | None = UNSET
    behind: bool | UnsetType = UNSET
    ended_at: Moment | UnsetType | None = UNSET
    exhausted: bool | UnsetType = UNSET
    following: SeriesId | UnsetType | None = UNSET
    made: tuple[SeriesTask, ...] = ()
    withdrawn: tuple[SeriesTask, ...] = ()


class SeriesEnded(Event, tag="series.ended"):
    """The series ended: a person ended it, or the rule has no further occurrence (`exhausted`)."""

    exhausted: bool = False
    withdrawn: tuple[TaskId, ...] = ()


SeriesEvent: TypeAlias = (
    SeriesStarted
    | SeriesChanged
    | SeriesSplit
    | SeriesOccurrencesMade
    | SeriesOccurrenceSkipped
    | SeriesOccurrenceRestored
    | SeriesOccurrenceMissed
    | SeriesRestored
    | SeriesEnded
)
