"""The values of a series, and the events that give it other values."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET

from domain.events.recorded import AnyEvent
from domain.events.series import (
    SeriesEvent,
    SeriesOccurrenceRestored,
    SeriesOccurrenceSkipped,
    SeriesRestored,
)
from domain.record import Record
from domain.series import Series
from domain.undo.effect import Values
from domain.values.schedule import Template, TemplateChange
from domain.values.series_tasks import SeriesTask
from domain.values.task_fields import values
from domain.vocabulary import SeriesId

TEMPLATE = "template."  # before the name of a field
OCCURRENCE = "occurrence."  # before a wall time
# What says which occurrences exist and come next: it changes as a whole.
COURSE = ("schedule", "progress", "end")


class SeriesProgress(Record):
    """How far a series was generated, and when the next occurrence is due."""

    latest: datetime
    generated_count: int
    next_due: datetime | None
    behind: bool


class End(Record):
    """When a series ended and why; it goes on if `ended_at` is None."""

    ended_at: datetime | None
    exhausted: bool
    following: SeriesId | None


def series_values(series: Series) -> Values:
    """Return the values of a series: each field of its template, its course and its tasks."""
    if series.id is None:
        return {}
    return {
        **{f"{TEMPLATE}{name}": value for name, value in values(series.template, Template).items()},
        "schedule": series.schedule,
        "progress": SeriesProgress(
            latest=series.last_generated,
            generated_count=series.generated_count,
            next_due=series.next_due,
            behind=series.needs_more,
        ),
        "end": End(
            ended_at=series.ended_at, exhausted=series.exhausted, following=series.following
        ),
        **{
            f"{OCCURRENCE}{at.isoformat()}": SeriesTask(occurrence=at, task_id=task)
            for at, task in series.tasks.items()
        },
    }


def give_series(series: Series, wanted: Values) -> Sequence[SeriesEvent]:
    """Return the event after which the series has the `wanted` values, and keeps its others."""
    if not wanted:
        return []
    template = {
        name.removeprefix(TEMPLATE): value
        for name, value in wanted.items()
        if name.startswith(TEMPLATE)
    }
    progress, end = wanted.get("progress"), wanted.get("end")
    present = series_values(series)
    named = [name for name in wanted if name.startswith(OCCURRENCE)]
    made = [wanted[name] for name in named if wanted[name] is not UNSET]
    gone = [present[name] for name in named if wanted[name] is UNSET and name in present]
    restored = SeriesRestored(
        template=TemplateChange(**template) if template else UNSET,
        schedule=wanted.get("schedule", UNSET),
        latest=progress.latest if progress else UNSET,
        generated_count=progress.generated_count if progress else UNSET,
        next_due=progress.next_due if progress else UNSET,
        behind=progress.behind if progress else UNSET,
        ended_at=end.ended_at if end else UNSET,
        exhausted=end.exhausted if end else UNSET,
        following=end.following if end else UNSET,
        made=tuple(sorted(made, key=_occurrence)),
        withdrawn=tuple(sorted(gone, key=_occurrence)),
    )
    return [restored]


def opposite_skips(events: Sequence[AnyEvent]) -> Sequence[SeriesEvent]:
    """Return the opposite of each occurrence that the `events` skipped, or no longer skipped."""
    last: dict[datetime, SeriesEvent] = {}
    for event in events:
        match event:
            case SeriesOccurrenceSkipped(occurrence=at, task_id=task):
                last[at] = SeriesOccurrenceRestored(occurrence=at, task_id=task)
            case SeriesOccurrenceRestored(occurrence=at, task_id=task):
                last[at] = SeriesOccurrenceSkipped(occurrence=at, task_id=task)
    return list(last.values())


def _occurrence(entry: SeriesTask) -> datetime:
    return entry.occurrence
