"""Every fact about a series of recurring tasks."""

from datetime import datetime
from typing import TypeAlias

from msgspec import UNSET, UnsetType

from domain.event import Event
from domain.schedule import Made, Schedule, Template
from domain.vocabulary import AccountId, SeriesId, TaskId


class SeriesStarted(Event, tag="series.started"):
    """A task began to recur: it is the occurrence at `occurrence`, a wall time.

    Split off from another series, this one `continues` it, and takes over what that one had
    `made` for later.
    """

    owner: AccountId
    template: Template
    schedule: Schedule
    occurrence: datetime
    task_id: TaskId
    next_due: datetime | None
    continues: SeriesId | None = None
    made: tuple[Made, ...] = ()


class SeriesChanged(Event, tag="series.changed"):
    """What is not made yet will look otherwise, or come at other times.

    With another schedule the task at `occurrence` is its first, and tasks made for later that
    it does not know are `withdrawn`.
    """

    template: Template | UnsetType = UNSET
    schedule: Schedule | UnsetType = UNSET
    occurrence: Made | UnsetType = UNSET
    withdrawn: tuple[TaskId, ...] = ()
    next_due: datetime | UnsetType | None = UNSET


class SeriesSplit(Event, tag="series.split"):
    """From `occurrence` on the series `following` goes on instead; this one has ended."""

    occurrence: datetime
    following: SeriesId
    withdrawn: tuple[TaskId, ...] = ()


class SeriesOccurrencesMade(Event, tag="series.occurrences_made"):
    """Tasks were made, by the zones of this `tzdata`. The next is due at `next_due`.

    `restored` are tasks withdrawn before, which recur after all. `behind` says that more
    should have been made by now.
    """

    made: tuple[Made, ...]
    next_due: datetime | None
    tzdata: str
    restored: tuple[Made, ...] = ()
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
