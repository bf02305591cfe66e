"""Points in time that people name."""

from datetime import UTC, datetime

from domain.errors import DateOutOfRange
from domain.vocabulary import EARLIEST, LATEST


def in_utc(field: str, moment: datetime) -> datetime:
    """Return the moment in UTC.

    Raises:
        DateOutOfRange: it lies where only mistakes do.
    """
    if not EARLIEST <= moment < LATEST:
        raise DateOutOfRange(field, moment)
    return moment.astimezone(UTC)
