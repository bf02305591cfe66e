"""What a task knows of being one of a series."""

from datetime import datetime

from domain.record import Record
from domain.recurrence.local_time import ZONES_VERSION, resolve, zone
from domain.vocabulary import SeriesId


class OccurrenceRef(Record):
    """Which one of which series: at the wall time `occurrence`, which was resolved to the
    instant `due_at` by the zones of the edition `tzdata`."""

    series_id: SeriesId
    occurrence: datetime
    due_at: datetime
    tzdata: str


def occurrence_ref(series_id: SeriesId, occurrence: datetime, timezone: str) -> OccurrenceRef:
    """Return the place of an occurrence by the zones of today."""
    return OccurrenceRef(
        series_id=series_id,
        occurrence=occurrence,
        due_at=resolve(occurrence, zone(timezone)),
        tzdata=ZONES_VERSION,
    )
