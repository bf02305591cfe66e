"""A recurrence rule, as RFC 5545 words it, with its values sorted and its defaults filled in."""

from datetime import datetime, time
from enum import StrEnum
from itertools import product

from domain.record import Record

# In English, whatever the host's locale.
WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class Frequency(StrEnum):
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class Weekday(StrEnum):
    """In the order of the week: `number` is what `date.weekday` returns."""

    MO = "MO"
    TU = "TU"
    WE = "WE"
    TH = "TH"
    FR = "FR"
    SA = "SA"
    SU = "SU"

    @property
    def number(self) -> int:
        """0 for Monday to 6 for Sunday."""
        return _INDEXES[self]


WEEKDAYS = tuple(Weekday)
_INDEXES = {weekday: index for index, weekday in enumerate(WEEKDAYS)}


class RuleDay(Record, order=True):
    """A weekday: every one of them (nth = 0), the nth, or the nth from the end (below 0)."""

    weekday: Weekday
    nth: int = 0

    def __str__(self) -> str:
        return f"{self.nth or ''}{self.weekday}"


class Rule(Record):
    """On which days something recurs, and at which times of day.

    `until` is the last wall time, at one of those times of day, that still counts.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    by_month: tuple[int, ...] = ()
    by_week_number: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[RuleDay, ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    by_set_position: tuple[int, ...] = ()
    week_start: Weekday = Weekday.MO

    @property
    def bare(self) -> bool:
        """Whether days and times follow from the start alone."""
        return not (
            self.by_month
            or self.by_week_number
            or self.by_year_day
            or self.by_month_day
            or self.by_day
            or self.by_hour
            or self.by_minute
            or self.by_second
        )

    def times_of_day(self, start: datetime) -> tuple[time, ...]:
        """Return the times of day, ascending, with what is left open taken from the start."""
        hours, minutes, seconds = (
            given or (from_start,)
            for given, from_start in (
                (self.by_hour, start.hour),
                (self.by_minute, start.minute),
                (self.by_second, start.second),
            )
        )
        return tuple(time(*parts) for parts in product(hours, minutes, seconds))
