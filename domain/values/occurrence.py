"""The occurrence that a task is."""

from datetime import date, datetime

from domain.record import Record
from domain.recurrence.local_time import ZONES_VERSION, resolve, zone
from domain.values.due import Due
from domain.values.schedule import Schedule
from domain.vocabulary import Moment, SeriesId, WallTime


class OccurrenceRef(Record):
    """The occurrence of a series at the wall time `occurrence`, which is the instant `due_at` by
    the edition `tzdata` of the time zones, or the day `due_on`."""

    series_id: SeriesId
    occurrence: WallTime
    due_at: Moment | None
    tzdata: str
    due_on: date | None = None

    @property
    def due(self) -> Due:
        return Due(due_at=self.due_at, due_on=self.due_on)


def occurrence_due(schedule: Schedule, occurrence: datetime) -> Due:
    """Return when the occurrence at this wall time is due, by the present time zone data."""
    if schedule.all_day:
        return Due(due_on=occurrence.date())
    return Due(due_at=resolve(occurrence, zone(schedule.timezone)))


def occurrence_ref(series_id: SeriesId, occurrence: datetime, schedule: Schedule) -> OccurrenceRef:
    """Return the occurrence, and when it is due by the present time zone data."""
    due = occurrence_due(schedule, occurrence)
    return OccurrenceRef(
        series_id=series_id, occurrence=occurrence, tzdata=ZONES_VERSION, **due.fields
    )
