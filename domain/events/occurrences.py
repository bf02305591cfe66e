"""Every fact about a task as one of a series."""

from datetime import datetime
from typing import TypeAlias

from domain.events.event import Event
from domain.vocabulary import AccountId, Priority, SeriesId


class TaskOccurrenceGenerated(Event, tag="task.occurrence_generated"):
    """A task began because its series came round: at the wall time `occurrence`, which is the
    instant `due_at` by the zones of this `tzdata`."""

    owner: AccountId
    title: str
    due_at: datetime
    series_id: SeriesId
    occurrence: datetime
    tzdata: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    tags: tuple[str, ...] = ()


class TaskMadeRecurring(Event, tag="task.made_recurring"):
    """It is one of a series from here on, or one of another series than before."""

    series_id: SeriesId
    occurrence: datetime
    due_at: datetime
    tzdata: str


class TaskMadeSingle(Event, tag="task.made_single"):
    """It no longer is one of a series."""


class TaskSkipped(Event, tag="task.skipped"):
    """This one of its series need not be done."""


class TaskUnskipped(Event, tag="task.unskipped"):
    """It is to be done after all."""


OccurrenceEvent: TypeAlias = (
    TaskOccurrenceGenerated | TaskMadeRecurring | TaskMadeSingle | TaskSkipped | TaskUnskipped
)
