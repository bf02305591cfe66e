"""The entries of a calendar: tasks, and occurrences of series that have no task yet."""

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import UTC, date, datetime
from itertools import islice
from uuid import UUID

from domain.record import Record
from domain.recurrence.recurrence import occurrences
from domain.values.occurrence import occurrence_due
from domain.values.schedule import Anchor
from domain.values.streams import occurrence_stream
from domain.vocabulary import Priority, Status
from projections.views.calendar_items import CalendarItems
from projections.views.tasks.series_list import SeriesRow
from projections.views.tasks.task_list import TaskRow


class Entry(Record):
    """A task, or what will be a task with this id. It is due at a moment or on a day."""

    id: UUID
    title: str
    description: str
    due_at: datetime | None
    due_on: date | None
    estimate: str | None
    priority: Priority
    tags: Sequence[str]
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int
    reminders: Sequence[datetime] = ()

    @property
    def due(self) -> str:
        """Return a text that sorts by date, with days before the moments of their date."""
        return str(self.due_on or (self.due_at and self.due_at.astimezone(UTC)))


def entries(
    items: CalendarItems, series: Sequence[SeriesRow], *, before: datetime, most: int
) -> Sequence[Entry]:
    """Return at most `most` entries that are due before an instant, the earliest first."""
    reminders: Mapping[UUID, list[datetime]] = defaultdict(list)
    for reminder in items.reminders:
        if reminder.due_at is not None:
            reminders[reminder.task_id].append(reminder.due_at)
    tasks = [_of_task(task, reminders.get(task.id, ())) for task in items.tasks]
    there = {task.id for task in items.tasks}
    ahead = [_ahead(each, before, there) for each in series]
    # Lazily: two hundred series have more occurrences than a calendar shows.
    return list(islice(heapq.merge(tasks, *ahead, key=lambda entry: entry.due), most))


def _of_task(task: TaskRow, reminders: Sequence[datetime]) -> Entry:
    open_ = task.status is Status.OPEN
    return Entry(
        id=task.id,
        title=task.title,
        description=task.description,
        due_at=task.due_at,
        due_on=task.due_on,
        estimate=task.estimate,
        priority=task.priority,
        tags=task.tags,
        completed_at=None if open_ else task.completed_at,
        created_at=task.created_at,
        updated_at=task.updated_at,
        version=task.version,
        reminders=reminders if open_ else (),
    )


def _ahead(series: SeriesRow, before: datetime, there: Set[UUID]) -> Iterator[Entry]:
    """Yield the occurrences that will get tasks, without those that are `there` by now; of a series
    that counts from completion, none."""
    schedule = series.schedule
    if schedule.anchor is Anchor.COMPLETION:
        return
    for at in occurrences(schedule.recurrence, series.latest):
        due = occurrence_due(schedule, at)
        if at >= before.replace(tzinfo=None):
            return
        task_id = occurrence_stream(series.id, at)
        if task_id in there:
            continue
        yield Entry(
            id=task_id,
            title=series.title,
            description=series.description,
            due_at=due.due_at,
            due_on=due.due_on,
            estimate=series.estimate,
            priority=series.priority,
            tags=series.tags,
            completed_at=None,
            created_at=series.started_at,
            updated_at=series.updated_at,
            version=0,
        )
