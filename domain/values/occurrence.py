"""The occurrence that a task is."""

from datetime import datetime

from domain.record import Record
from domain.recurrence.local_time import ZONES_VERSION, resolve, zone
from domain.vocabulary import Moment, SeriesId, WallTime


class OccurrenceRef(Record):
    """The occurrence of a series at the wall time `occurrence`, which is the instant `due_at` by
    the edition `tzdata` of the time zones."""

    series_id: SeriesId
    occurrence: WallTime
    due_at: Moment
    tzdata: str


def occurrence_ref(series_id: SeriesId, occurrence: datetime, timezone: str) -> OccurrenceRef:
    """Return the occurrence with its instant by the present time zone data."""
    return OccurrenceRef(
        series_id=series_id,
        occurrence=occurrence,
        due_at=resolve(occurrence, zone(timezone)),
        tzdata=ZONES_VERSION,
    )
