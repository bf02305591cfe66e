"""Which days a rule picks from one month, one week or one year.

A day is an ordinal (`date.toordinal`), or an offset from the first day of its period. A rule
with several times of day has that many slots a day: slot = day * slots a day + index of the time.
Months and years come in few shapes, so a shape is worked out once and then remembered.
"""

from calendar import isleap
from collections.abc import Iterable, Sequence
from datetime import date

from msgspec.structs import replace

from domain.recurrence.rule import WEEKDAYS, Frequency, Rule, RuleDay

Slots = tuple[int, ...]

_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def weekday_of(ordinal: int) -> int:
    """0 for Monday to 6 for Sunday."""
    return (ordinal + 6) % 7


def month_length(year: int, month: int) -> int:
    return 29 if month == 2 and isleap(year) else _LENGTHS[month - 1]


def first_week(year: int, week_start: int) -> int:
    """Return the first day of week 1: the first week with four days in the year."""
    january_4 = date(year, 1, 4).toordinal()
    return january_4 - (weekday_of(january_4) - week_start) % 7


def week_year(day: date, week_start: int) -> int:
    """Return the year to which the week of a day belongs: at New Year not always its own."""
    ordinal = day.toordinal()
    if ordinal >= first_week(day.year + 1, week_start):
        return day.year + 1
    return day.year if ordinal >= first_week(day.year, week_start) else day.year - 1


def with_days_of_start(rule: Rule, start: date) -> Rule:
    """Return the rule with what it leaves open taken from its first day (RFC 5545, 3.3.10)."""
    if rule.by_day or rule.by_month_day or rule.by_year_day:
        return rule
    weekday = (RuleDay(weekday=WEEKDAYS[start.weekday()]),)
    match rule.frequency:
        case Frequency.DAILY:
            return rule
        case Frequency.WEEKLY:
            return replace(rule, by_day=weekday)
        case Frequency.MONTHLY:
            return replace(rule, by_month_day=(start.day,))
        case Frequency.YEARLY if rule.by_week_number:
            return replace(rule, by_day=weekday)
        case Frequency.YEARLY:
            months = rule.by_month or (start.month,)
            return replace(rule, by_month=months, by_month_day=(start.day,))


class DayPicker:
    """Picks the slots of one period after another, counted from the period's first day."""

    def __init__(self, rule: Rule, slots_a_day: int) -> None:
        """Take a rule that leaves no day open (see `with_days_of_start`)."""
        self._rule = rule
        self.slots_a_day = slots_a_day
        self.week_start = rule.week_start.number
        self.months = frozenset(rule.by_month)
        self.weekdays = frozenset(day.weekday.number for day in rule.by_day if not day.nth)
        self._nth = frozenset((day.weekday.number, day.nth) for day in rule.by_day if day.nth)
        self._month_shapes: dict[tuple[int, int], Slots] = {}
        self._year_shapes: dict[tuple[int, bool, bool, bool], Slots] = {}
        self._weekdays = sorted((weekday - self.week_start) % 7 for weekday in self.weekdays)
        self.full_week = self._positioned(self._weekdays)

    def month(self, first: int, length: int) -> Slots:
        """Pick from the month of `length` days that begins on `first`; BYMONTH is not asked."""
        shape = weekday_of(first), length
        if (known := self._month_shapes.get(shape)) is not None:
            return known
        wanted = {n if n > 0 else length + 1 + n for n in self._rule.by_month_day}
        days = [
            day
            for day in range(1, length + 1)
            if (not wanted or day in wanted)
            and self._falls(weekday_of(first + day - 1), day, length)
        ]
        self._month_shapes[shape] = picked = self._positioned([day - 1 for day in days])
        return picked

    def week(self, first: int) -> Slots:
        """Pick from the week that begins on `first`."""
        if not self.months:
            return self.full_week
        opening = date.fromordinal(first)
        if opening.day <= 22:  # one month holds it all
            return self.full_week if opening.month in self.months else ()
        return self._positioned(
            [day for day in self._weekdays if date.fromordinal(first + day).month in self.months]
        )

    def year(self, year: int) -> Slots:
        """Pick from a year: offsets from 1 January, which numbered weeks may overstep."""
        first = date(year, 1, 1).toordinal()
        # Only days of numbered weeks look at the neighbouring years.
        shape = weekday_of(first), isleap(year - 1), isleap(year), isleap(year + 1)
        if (known := self._year_shapes.get(shape)) is not None:
            return known
        candidates = map(date.fromordinal, self._candidates(year))
        days = [day.toordinal() - first for day in candidates if self._allows(day)]
        self._year_shapes[shape] = picked = self._positioned(days)
        return picked

    def _candidates(self, year: int) -> Iterable[int]:
        if self._rule.by_week_number:
            first, after = (first_week(y, self.week_start) for y in (year, year + 1))
            weeks = (after - first) // 7
            numbers = {n if n > 0 else weeks + 1 + n for n in self._rule.by_week_number}
            for number in sorted(numbers & set(range(1, weeks + 1))):
                opening = first + (number - 1) * 7
                yield from range(opening, opening + 7)
            return
        for month in sorted(self.months) or range(1, 13):
            first = date(year, month, 1).toordinal()
            yield from range(first, first + month_length(year, month))

    def _allows(self, day: date) -> bool:
        rule, length = self._rule, month_length(day.year, day.month)
        if self.months and day.month not in self.months:
            return False
        if rule.by_month_day and not (
            day.day in rule.by_month_day or day.day - length - 1 in rule.by_month_day
        ):
            return False
        if not (rule.by_year_day or self._nth):
            return self._falls(day.weekday(), day.day, length)
        of_year = day.toordinal() - date(day.year, 1, 1).toordinal() + 1
        days_in_year = 365 + isleap(day.year)
        if rule.by_year_day and not (
            of_year in rule.by_year_day or of_year - days_in_year - 1 in rule.by_year_day
        ):
            return False
        # "The 20th Monday" is one of the month where months are named, else one of the year.
        if self.months:
            return self._falls(day.weekday(), day.day, length)
        return self._falls(day.weekday(), of_year, days_in_year)

    def _falls(self, weekday: int, day: int, length: int) -> bool:
        """Whether BYDAY takes this day, counting within a span of `length` days from 1."""
        if not self._rule.by_day or weekday in self.weekdays:
            return True
        return bool(self._nth) and (
            (weekday, (day - 1) // 7 + 1) in self._nth
            or (weekday, -((length - day) // 7) - 1) in self._nth
        )

    def _positioned(self, days: Sequence[int]) -> Slots:
        """Keep what BYSETPOS keeps: positions in the whole period, be it before the start."""
        positions, a_day = self._rule.by_set_position, self.slots_a_day
        if not positions:
            return tuple(days) if a_day == 1 else _slots(days, range(a_day), a_day)
        if self._rule.frequency is Frequency.DAILY:  # each day is a period of its own
            return _slots(days, _places(positions, a_day), a_day)
        indexes = _places(positions, len(days) * a_day)
        return tuple(days[index // a_day] * a_day + index % a_day for index in indexes)


def _slots(days: Sequence[int], indexes: Iterable[int], a_day: int) -> Slots:
    return tuple(day * a_day + index for day in days for index in indexes)


def _places(positions: Sequence[int], length: int) -> list[int]:
    indexes = {n - 1 if n > 0 else length + n for n in positions}
    return sorted(index for index in indexes if 0 <= index < length)
