"""Visits the periods of a rule in order, from any day on, without walking there from its start."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from domain.recurrence.days import (
    DayPicker,
    month_length,
    week_year,
    weekday_of,
    with_days_of_start,
)
from domain.recurrence.rule import Frequency, Rule

FIRST_YEAR, LAST_YEAR = 1000, 2999
"""The years in which anything can happen. They bound every search."""

Batch = tuple[int, Sequence[int]]
"""The first day of a period (an ordinal), and the slots picked as offsets from it."""

_END = date(LAST_YEAR, 12, 31).toordinal() + 1
_END_MONTH = (LAST_YEAR + 1) * 12


def wall_times(
    rule: Rule,
    start: datetime,
    since: date | None = None,
    until: date | None = None,
    *,
    skip: int = 0,
) -> Iterator[datetime]:
    """Yield the wall times of a rule in order, from the start, or from a later day on.

    The first `skip` of them are passed over, by whole periods where that can be. COUNT and
    UNTIL are for the caller to heed. Costs at most one visit to each period left before the
    end of LAST_YEAR, and that much only for rules that pick next to nothing.
    """
    times = rule.times_of_day(start)
    slots_a_day = len(times)
    least, beyond = start.toordinal(), until.toordinal() + 1 if until else _END
    if since:
        least = max(least, since.toordinal())
    picker = DayPicker(with_days_of_start(rule, start), slots_a_day)
    for first, slots in _batches(picker, rule, start, date.fromordinal(least)):
        if first > beyond + 7:  # numbered weeks may begin before the year they are of
            return
        if len(slots) <= skip and least + 7 < first < beyond - 373:  # none is out of bounds
            skip -= len(slots)
            continue
        for slot in slots:
            offset, index = divmod(slot, slots_a_day)
            if least <= (day := first + offset) < beyond:
                at = datetime.combine(date.fromordinal(day), times[index])
                if at < start:
                    continue
                if skip:
                    skip -= 1
                    continue
                yield at


def _batches(picker: DayPicker, rule: Rule, start: date, since: date) -> Iterator[Batch]:
    """Yield what is picked period by period; the first batch may begin before `since`."""
    match rule.frequency:
        case Frequency.DAILY:
            return _daily(picker, rule.interval, start.toordinal(), since)
        case Frequency.WEEKLY:
            return _weekly(picker, rule.interval, start.toordinal(), since.toordinal())
        case Frequency.MONTHLY:
            return _monthly(picker, rule.interval, start, since)
        case Frequency.YEARLY:
            return _yearly(picker, rule, start, since)


def _daily(picker: DayPicker, interval: int, start: int, since: date) -> Iterator[Batch]:
    """A month at a time, since what limits a day (its month, date, weekday) has months' shapes."""
    if interval % 7 == 0 and picker.weekdays and weekday_of(start) not in picker.weekdays:
        return  # every step is the same weekday
    month = since.year * 12 + since.month - 1
    while month < _END_MONTH:
        year, before = divmod(month, 12)
        month += 1
        if picker.months and before + 1 not in picker.months:
            continue
        first, length = date(year, before + 1, 1).toordinal(), month_length(year, before + 1)
        picked = picker.month(first, length)
        if interval == 1:
            yield first, picked
        elif picked:
            in_step = range((start - first) % interval, length, interval)
            yield first, [slot for slot in picked if slot // picker.slots_a_day in in_step]
        if interval > 28:  # the next step may lie beyond the next month
            after = first + length
            step = after + (start - after) % interval
            if step >= _END:
                return
            ahead = date.fromordinal(step)
            month = ahead.year * 12 + ahead.month - 1


def _weekly(picker: DayPicker, interval: int, start: int, since: int) -> Iterator[Batch]:
    if not picker.full_week:  # then a week shared with a month not allowed has nothing either
        return
    stride = 7 * interval
    origin = start - (weekday_of(start) - picker.week_start) % 7
    week = origin + (since - origin) // stride * stride
    while week < _END:
        picked = picker.week(week)
        yield week, picked
        week += stride
        if picker.months and not picked and (ahead := _next_month_allowed(picker, week)) > week:
            # Jump to the first week in step that reaches into a month allowed.
            week += max(0, -(-(ahead - 6 - week) // stride)) * stride


def _next_month_allowed(picker: DayPicker, ordinal: int) -> int:
    """Return the first day, from this one on, whose month BYMONTH takes."""
    day = date.fromordinal(ordinal)
    if day.month in picker.months:
        return ordinal
    later = [month for month in picker.months if month > day.month]
    year, month = (day.year, min(later)) if later else (day.year + 1, min(picker.months))
    return date(year, month, 1).toordinal()


def _monthly(picker: DayPicker, interval: int, start: date, since: date) -> Iterator[Batch]:
    origin = start.year * 12 + start.month - 1
    gone = since.year * 12 + since.month - 1 - origin
    for index in range(origin + gone // interval * interval, _END_MONTH, interval):
        year, before = divmod(index, 12)
        if picker.months and before + 1 not in picker.months:
            continue
        first = date(year, before + 1, 1).toordinal()
        yield first, picker.month(first, month_length(year, before + 1))


def _yearly(picker: DayPicker, rule: Rule, start: date, since: date) -> Iterator[Batch]:
    origin, reached = start.year, since.year
    if rule.by_week_number:
        # Weeks belong whole to one year, so the years to step through are those of weeks.
        origin, reached = (week_year(day, picker.week_start) for day in (start, since))
    first_visit = origin + (reached - origin) // rule.interval * rule.interval
    for year in range(first_visit, LAST_YEAR + 2, rule.interval):
        yield date(year, 1, 1).toordinal(), picker.year(year)
