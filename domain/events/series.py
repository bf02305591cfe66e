"""Every fact about a series of recurring tasks."""

from datetime import datetime
from typing import TypeAlias

from msgspec import UNSET, UnsetType

from domain.events.event import Event
from domain.values.schedule import Schedule, Template, TemplateChange
from domain.values.series_tasks import SeriesTask
from domain.vocabulary import AccountId, SeriesId, TaskId


class SeriesStarted(Event, tag="series.started"):
    """A task began to recur: `first`, at a wall time of the zone.

    Split off from another series, this one `continues` it, and takes over what that one had
    `made` for later.
    """

    owner: AccountId
    template: Template
    schedule: Schedule
    first: SeriesTask
    next_due: datetime | None
    continues: SeriesId | None = None
    made: tuple[SeriesTask, ...] = ()


class SeriesChanged(Event, tag="series.changed"):
    """What is still to be made will look otherwise, or come at other times.

    With a new schedule, the task `first` is its first occurrence, and tasks made for later
    that it does not know are `withdrawn`.
    """

    template: TemplateChange | UnsetType = UNSET
    schedule: Schedule | UnsetType = UNSET
    first: SeriesTask | UnsetType = UNSET
    next_due: datetime | UnsetType | None = UNSET
    withdrawn: tuple[TaskId, ...] = ()


class SeriesSplit(Event, tag="series.split"):
    """From `occurrence` on the series `following` goes on instead; this one has ended."""

    occurrence: datetime
    following: SeriesId
    withdrawn: tuple[TaskId, ...] = ()


class SeriesOccurrencesMade(Event, tag="series.occurrences_made"):
    """Tasks were made, by the zones of the edition `tzdata`. The next is due at `next_due`.

    What is `kept` was made under an earlier schedule, and counts again. `behind`: the next
    should be there by now, too.
    """

    made: tuple[SeriesTask, ...]
    next_due: datetime | None
    tzdata: str
    kept: tuple[SeriesTask, ...] = ()
    behind: bool = False


class SeriesOccurrenceSkipped(Event, tag="series.occurrence_skipped"):
    """One is left out, and the next takes its turn."""

    occurrence: datetime
    task_id: TaskId


class SeriesOccurrenceRestored(Event, tag="series.occurrence_restored"):
    """One that was skipped is not left out after all."""

    occurrence: datetime
    task_id: TaskId


class SeriesOccurrenceMissed(Event, tag="series.occurrence_missed"):
    """One passed before it was made, and never will be. `task_id` is the task it would be."""

    occurrence: datetime
    task_id: TaskId
    due_at: datetime


class SeriesEnded(Event, tag="series.ended"):
    """No more will be made: somebody stopped it, or the rule has no more (`exhausted`)."""

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
    | SeriesEnded
)
