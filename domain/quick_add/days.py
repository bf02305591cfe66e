"""Reads the phrases of days: relative ones, weekdays, dates, and ends of months."""

from collections.abc import Sequence
from datetime import date, timedelta

from dateutil.relativedelta import MO, relativedelta

from domain.quick_add.phrases import Clock, Found, Reader, Value

LAST_YEAR = 2999
_SATURDAY = 5


def nothing(_found: Found, _clock: Clock) -> Sequence[Value]:
    """Read a phrase that is no day, although a part of it would be."""
    return ()


def plus(days: int) -> Reader:
    """Return the reader of today and the days beside it, perhaps with a part of the day."""

    def read(found: Found, clock: Clock) -> Sequence[Value]:
        part = found.part
        if days == 0 and part is not None and clock.local.hour > part.last:
            return ()  # "this morning" is over
        return (Value(day=clock.today + timedelta(days=days), part=part),)

    return read


def coming(found: Found, clock: Clock) -> Sequence[Value]:
    """Read a weekday: within the next seven days, never today."""
    return _some(_coming(found, clock.today), found)


def of_this_week(found: Found, clock: Clock) -> Sequence[Value]:
    day = _in_week(found, clock.today)
    return _some(day, found) if day >= clock.today else ()


def of_next_week(found: Found, clock: Clock) -> Sequence[Value]:
    return _some(_in_week(found, clock.today + timedelta(weeks=1)), found)


def of_week_ahead(found: Found, clock: Clock) -> Sequence[Value]:
    """Read "Friday in two weeks": of the week after next, or two weeks after the next Friday."""
    of_week = _in_week(found, clock.today + timedelta(weeks=found.count))
    after_next = _coming(found, clock.today) + timedelta(weeks=found.count)
    return tuple(value for day in sorted({of_week, after_next}) for value in _some(day, found))


def ahead(found: Found, clock: Clock) -> Sequence[Value]:
    """Read "in 3 days", or "in 2 hours", which is an instant."""
    count, unit = found.count, found.language.units[found.text("unit")]
    if count == 0:
        return ()
    if unit in ("minute", "hour"):
        length = timedelta(minutes=count) if unit == "minute" else timedelta(hours=count)
        return (Value(moment=(clock.now + length).replace(second=0, microsecond=0)),)
    return _some(later(clock.today, count, unit), found)


def half_an_hour_ahead(_found: Found, clock: Clock) -> Sequence[Value]:
    moment = clock.now + timedelta(minutes=30)
    return (Value(moment=moment.replace(second=0, microsecond=0)),)


def later(day: date, count: int, unit: str) -> date:
    """Return the day so many days, weeks, months or years on; the last of a month that is short."""
    match unit:
        case "fortnight":
            return day + timedelta(weeks=2 * count)
        case "quarter":
            return day + relativedelta(months=3 * count)
        case "day":
            return day + timedelta(days=count)
        case "week":
            return day + timedelta(weeks=count)
        case "month":
            return day + relativedelta(months=count)
    return day + relativedelta(years=count)


def next_week(_found: Found, clock: Clock) -> Sequence[Value]:
    return (Value(day=clock.today + relativedelta(days=1, weekday=MO)),)


def next_month(_found: Found, clock: Clock) -> Sequence[Value]:
    return (Value(day=clock.today + relativedelta(months=1, day=1)),)


def weekend(_found: Found, clock: Clock) -> Sequence[Value]:
    """Read the weekend as its Saturday; at a weekend it could be this one or the next."""
    ahead_days = _SATURDAY - clock.today.weekday()
    return (Value(day=clock.today + timedelta(days=ahead_days)),) if ahead_days > 0 else ()


def end_of_month(months: int) -> Reader:
    def read(_found: Found, clock: Clock) -> Sequence[Value]:
        return (Value(day=clock.today + relativedelta(months=months, day=31)),)

    return read


def end_of_named_month(found: Found, clock: Clock) -> Sequence[Value]:
    month = found.month or 1
    given = found.number("year")
    year = given or clock.today.year + (month < clock.today.month)
    return _some(date(year, month, 1) + relativedelta(day=31), found, not_before=clock.today)


def end_of_year(_found: Found, clock: Clock) -> Sequence[Value]:
    return (Value(day=date(clock.today.year, 12, 31)),)


def end_of_week(_found: Found, clock: Clock) -> Sequence[Value]:
    """Read the end of the week, which is Friday or Sunday."""
    monday = clock.today - timedelta(days=clock.today.weekday())
    days = [monday + timedelta(days=number) for number in (4, 6)]
    return tuple(Value(day=day) for day in days if day >= clock.today)


def dated(found: Found, clock: Clock) -> Sequence[Value]:
    """Read a date. Without a year it is the next; a weekday beside it must be right."""
    day, month, year = found.number("day"), found.month, found.number("year")
    if day is None or month is None:
        return ()
    if year is not None and year < 100:
        year += 2000
    if found.text("next_year"):
        year = clock.today.year + 1
    return _some(_date(clock, year, month, day), found, not_before=clock.today)


def slashed(found: Found, clock: Clock) -> Sequence[Value]:
    """Read 03/04/2027, which is a day in March or in April: both, unless only one exists."""
    first, second = found.number("day") or 0, found.number("month_number") or 0
    year = found.number("year")
    days = {_date(clock, year, second, first), _date(clock, year, first, second)}
    known = sorted(day for day in days if day is not None)
    # Of two readings the later is not the right one only because the other has passed.
    earliest = clock.today if len(known) == 1 else None
    return tuple(value for day in known for value in _some(day, found, not_before=earliest))


def day_of_month(found: Found, clock: Clock) -> Sequence[Value]:
    """Read "on the 15th": the next 15th, in a month that has one."""
    number = found.number("day") or 0
    for months in range(13):
        month = clock.today + relativedelta(months=months, day=1)
        day = _valid(month.year, month.month, number)
        if day is not None and day >= clock.today:
            return _some(day, found)
    return ()


def nth_weekday(found: Found, clock: Clock) -> Sequence[Value]:
    """Read "first Monday in January"."""
    nth, month, weekday = found.language.nth[found.text("nth")], found.month, found.weekday
    if month is None or weekday is None:
        return ()
    place = _PLACES[nth]
    given = found.number("year")
    for year in [given] if given else [clock.today.year, clock.today.year + 1]:
        day = _place_in_month(year, month, weekday, place)
        if day is not None and day >= clock.today:
            return (Value(day=day),)
    return ()


def of_week(found: Found, clock: Clock) -> Sequence[Value]:
    """Read a weekday of a numbered week, by default its Monday."""
    week, given = found.number("week") or 0, found.number("year")
    weekday = (found.weekday or 0) + 1
    for year in [given] if given else [clock.today.year, clock.today.year + 1]:
        try:
            day = date.fromisocalendar(year, week, weekday)
        except ValueError:
            continue
        if day >= clock.today:
            return (Value(day=day, part=found.part),)
    return ()


_PLACES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}


def _place_in_month(year: int, month: int, weekday: int, place: int) -> date | None:
    if place < 0:
        last = date(year, month, 1) + relativedelta(day=31)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (place - 1))
    return day if day.month == month else None


def _coming(found: Found, today: date) -> date:
    return today + timedelta(days=((found.weekday or 0) - today.weekday() - 1) % 7 + 1)


def _in_week(found: Found, day: date) -> date:
    return day + timedelta(days=(found.weekday or 0) - day.weekday())


def _date(clock: Clock, year: int | None, month: int, day: int) -> date | None:
    if year is not None:
        return _valid(year, month, day)
    # 29 February can be eight years away.
    years = range(clock.today.year, clock.today.year + 9)
    days = (_valid(each, month, day) for each in years)
    return next((each for each in days if each is not None and each >= clock.today), None)


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _some(day: date | None, found: Found, not_before: date | None = None) -> Sequence[Value]:
    """Return the day with the part of the day beside it, if it can be meant."""
    if day is None or day.year > LAST_YEAR or (not_before is not None and day < not_before):
        return ()
    if found.weekday is not None and day.weekday() != found.weekday:
        return ()
    return (Value(day=day, part=found.part),)
