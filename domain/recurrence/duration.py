"""A length of time as people write it: P1D is a calendar day, PT24H is 24 hours."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.errors import DurationRefused
from domain.record import Record
from domain.recurrence.local_time import resolve, wall_clock

_ISO = re.compile(
    r"P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,7})S)?)?\Z"
)
MAX_LENGTH = timedelta(days=3660)


class Duration(Record):
    """Days follow the calendar of a zone, and may be 23 or 25 hours long; seconds do not."""

    days: int = 0
    seconds: int = 0

    @property
    def about(self) -> timedelta:
        """Its length when every day has 24 hours."""
        return timedelta(days=self.days, seconds=self.seconds)

    def later(self, instant: datetime, timezone: ZoneInfo, *, times: int = 1) -> datetime:
        """Return the moment so many times this beyond `instant`, in UTC; before it when negative.

        The days are counted first, on the wall clock of the zone, and then the seconds, on none.
        """
        if self.days:
            local = wall_clock(instant, timezone) + timedelta(days=self.days * times)
            instant = resolve(local, timezone)
        return instant.astimezone(UTC) + timedelta(seconds=self.seconds * times)

    def earlier(self, instant: datetime, timezone: ZoneInfo) -> datetime:
        return self.later(instant, timezone, times=-1)


@lru_cache(maxsize=1024)  # of the reminders that people set, most are alike
def duration(field: str, text: str) -> Duration:
    """Read an ISO 8601 duration of weeks, days, hours, minutes and seconds.

    Raises:
        DurationRefused: it is none, it is nothing at all, or it is longer than ten years.
    """
    found = _ISO.match(text.upper())
    if found is None or not any(found.groups()):
        raise DurationRefused(
            field, f"{text[:40]!r} is not a duration; write P1D for a day or PT90M for 90 minutes."
        )
    part = {name: int(digits or 0) for name, digits in found.groupdict().items()}
    length = Duration(
        days=part["weeks"] * 7 + part["days"],
        seconds=(part["hours"] * 60 + part["minutes"]) * 60 + part["seconds"],
    )
    if length.about > MAX_LENGTH:
        raise DurationRefused(field, f"{field} is longer than ten years.")
    return length
