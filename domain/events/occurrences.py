"""The events of a task as an occurrence of a series."""

from datetime import date
from typing import TypeAlias

from msgspec import UNSET, UnsetType

from domain.events.event import Event
from domain.values.task_fields import TaskContent
from domain.vocabulary import AccountId, Moment, SeriesId, WallTime


class TaskOccurrenceGenerated(TaskContent, Event, tag="task.occurrence_generated"):
    """A series created a task for the wall time `occurrence`, which is the instant `due_at` by
    the edition `tzdata` of the time zones. A series of days has an occurrence at 00:00 of each
    day `due_on`, and no instant."""

    owner: AccountId
    due_at: Moment | None
    series_id: SeriesId
    occurrence: WallTime
    tzdata: str
    due_on: date | None = None


class TaskMadeRecurring(Event, tag="task.made_recurring"):
    """The task became an occurrence of a series, or of another series than before."""

    series_id: SeriesId
    occurrence: WallTime
    due_at: Moment | None
    tzdata: str
    due_on: date | None = None


class TaskMadeSingle(Event, tag="task.made_single"):
    """The task no longer belongs to a series."""


class TaskSkipped(Event, tag="task.skipped"):
    """The occurrence was skipped; with `skipped_at`, at that moment, because that it is no longer
    skipped was undone."""

    skipped_at: Moment | UnsetType = UNSET


class TaskUnskipped(Event, tag="task.unskipped"):
    """The occurrence is no longer skipped."""


OccurrenceEvent: TypeAlias = (
    TaskOccurrenceGenerated | TaskMadeRecurring | TaskMadeSingle | TaskSkipped | TaskUnskipped
)
