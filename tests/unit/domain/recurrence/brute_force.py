"""RFC 5545 read aloud, a day at a time: far too slow to use, and plain enough to believe.

Every time of every day from the start on is asked each BY part in turn; a period is gathered by
looking at every day anywhere near it. Nothing here is shared with the code it checks, not even
the reading of the rule.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
ONE = timedelta(days=1)


def brute_force(text: str, start: datetime, horizon: datetime) -> list[datetime]:
    """Return all of a rule without UNTIL from the start to the horizon, both included."""
    rule = dict(part.split("=") for part in text.split(";"))
    found = [
        at
        for day in _every_day(start.date(), horizon.date())
        for at in _times(rule, start, day)
        if start <= at <= horizon and _fires(rule, start, at)
    ]
    return found[: int(rule["COUNT"])] if "COUNT" in rule else found


def _times(rule: dict[str, str], start: datetime, day: date) -> list[datetime]:
    return [
        datetime.combine(day, time(hour, minute, second))
        for hour in sorted(_numbers(rule, "BYHOUR", start.hour))
        for minute in sorted(_numbers(rule, "BYMINUTE", start.minute))
        for second in sorted(_numbers(rule, "BYSECOND", start.second))
    ]


def _every_day(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += ONE


def _fires(rule: dict[str, str], start: datetime, at: datetime) -> bool:
    day = at.date()
    if not _in_step(rule, start, day) or not _matches(rule, start, day):
        return False
    if "BYSETPOS" not in rule:
        return True
    period = _period(rule, day)
    around = _every_day(day - 400 * ONE, day + 400 * ONE)
    if rule["FREQ"] in ("DAILY", "WEEKLY", "MONTHLY"):
        around = _every_day(day - 31 * ONE, day + 31 * ONE)
    days = [d for d in around if _period(rule, d) == period and _matches(rule, start, d)]
    same = [other for d in days for other in _times(rule, start, d)]
    place = same.index(at)
    positions = _numbers(rule, "BYSETPOS")
    return place + 1 in positions or place - len(same) in positions


def _period(rule: dict[str, str], day: date) -> int:
    """Number the period a day lies in."""
    match rule["FREQ"]:
        case "DAILY":
            return day.toordinal()
        case "WEEKLY":
            return _opening_of_week(rule.get("WKST", "MO"), day).toordinal() // 7
        case "MONTHLY":
            return day.year * 12 + day.month
    return _week_number(rule.get("WKST", "MO"), day)[0] if "BYWEEKNO" in rule else day.year


def _in_step(rule: dict[str, str], start: datetime, day: date) -> bool:
    return (_period(rule, day) - _period(rule, start.date())) % int(rule.get("INTERVAL", 1)) == 0


def _matches(rule: dict[str, str], start: datetime, day: date) -> bool:
    length = monthrange(day.year, day.month)[1]
    first, last = date(day.year, 1, 1), date(day.year, 12, 31)
    if "BYMONTH" in rule and day.month not in _numbers(rule, "BYMONTH"):
        return False
    if "BYWEEKNO" in rule:
        _, week, weeks = _week_number(rule.get("WKST", "MO"), day)
        if not {week, week - weeks - 1} & _numbers(rule, "BYWEEKNO"):
            return False
    if "BYYEARDAY" in rule and not {
        (day - first).days + 1,
        (day - last).days - 1,
    } & _numbers(rule, "BYYEARDAY"):
        return False
    if "BYMONTHDAY" in rule and not {day.day, day.day - length - 1} & _numbers(rule, "BYMONTHDAY"):
        return False
    if "BYDAY" in rule:
        return any(_is_day(rule, written, day) for written in rule["BYDAY"].split(","))
    return _as_the_start(rule, start, day)


def _as_the_start(rule: dict[str, str], start: datetime, day: date) -> bool:
    """What the rule leaves open is taken from the start."""
    if "BYMONTHDAY" in rule or "BYYEARDAY" in rule or rule["FREQ"] == "DAILY":
        return True
    if rule["FREQ"] == "WEEKLY" or "BYWEEKNO" in rule:
        return day.weekday() == start.weekday()
    if rule["FREQ"] == "MONTHLY" or "BYMONTH" in rule:
        return day.day == start.day
    return (day.month, day.day) == (start.month, start.day)


def _is_day(rule: dict[str, str], written: str, day: date) -> bool:
    if DAYS[day.weekday()] != written[-2:]:
        return False
    if not (nth := int(written[:-2] or 0)):
        return True
    of_month = rule["FREQ"] == "MONTHLY" or "BYMONTH" in rule

    def same_span(other: date) -> bool:
        return other.year == day.year and (other.month == day.month or not of_month)

    step = -7 * ONE if nth > 0 else 7 * ONE
    count, other = 0, day
    while same_span(other):
        count, other = count + 1, other + step
    return count == abs(nth)


def _opening_of_week(week_start: str, day: date) -> date:
    while DAYS[day.weekday()] != week_start:
        day -= ONE
    return day


@cache
def _week_number(week_start: str, day: date) -> tuple[int, int, int]:
    """Return the year that has most of a day's week, the week's number in it, and its weeks."""
    opening = _opening_of_week(week_start, day)
    year = (opening + 3 * ONE).year  # where four of seven days lie
    weeks = [
        d
        for d in _every_day(date(year - 1, 12, 20), date(year + 1, 1, 10))
        if DAYS[d.weekday()] == week_start and (d + 3 * ONE).year == year
    ]
    return year, weeks.index(opening) + 1, len(weeks)


def _numbers(rule: dict[str, str], name: str, otherwise: int = 0) -> set[int]:
    return {int(number) for number in rule.get(name, str(otherwise)).split(",")}
