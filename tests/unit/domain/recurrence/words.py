"""Reads the words of a rule, and finds its days from the words alone, one day at a time.

Nothing here is shared with the code that says the words, or with the code that finds the days.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Callable
from datetime import date, timedelta

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = [
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]  # fmt: skip
NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
ONE = timedelta(days=1)

Test = Callable[[date], bool]

_MONTH = f"(?:{'|'.join(MONTHS)})"
_WORDS = re.compile(
    r"every (?:(?P<other>other|\d+) )?(?P<unit>day|week|month|year|weekday)s?"
    r"(?: (?P<days>(?:on|if that is) .+?))?"
    r"(?: in (?:weeks? (?P<weeks>\d[\d, and]*)|(?P<week_list>the [\w ,]*?week)))?"
    rf"(?: in (?P<months>{_MONTH}(?:(?:, | and ){_MONTH})*))?"
    r"(?: (?P<times>at [\d:].*?|\d+ times from .*?))?"
    r"(?: until (?P<until>\d+ \w+ \d+)(?: at [\d:]+)?)?"
    r"(?:, in weeks from (?P<from>\w+))?"
    r"(?:, (?:(?P<once>once)|(?P<count>\d+) times))?"
)
_CHOSEN = re.compile(r"on ((?:(?! of | if ).)+) (?:of (?P<of>(?!the year|every month).+)|weekday)")


def days_said(words: str, start: date, end: date) -> list[date]:
    """Return the days that the words name from the start on, both ends included.

    The start fills in nothing but the period from which every second or third is counted.
    """
    found = _WORDS.fullmatch(words)
    assert found, f"unreadable: {words}"
    unit = found["unit"]
    step = {"other": 2, None: 1}.get(found["other"]) or int(found["other"])
    first = WEEKDAYS.index(found["from"] or "Monday")
    days = found["days"] or ""
    tests: list[Test] = [lambda day: day.weekday() < 5] if unit == "weekday" else []
    if found["months"]:
        months = {MONTHS.index(name) + 1 for name in re.findall(_MONTH, found["months"])}
        tests.append(lambda day: day.month in months)
    numbers = _weeks(found["weeks"], found["week_list"])
    by_weeks = bool(numbers)
    if by_weeks:
        tests.append(lambda day: _in_weeks(day, numbers, first))
    places: list[int] = []
    of_month = bool(found["months"]) or unit == "month"
    chosen = _CHOSEN.fullmatch(days)
    if chosen:
        places = [_ordinal(place) for place in _items(chosen[1])]
        sets = (chosen["of"] or "weekday").split(" that are ")
        tests += [_any(_items(each), of_month) for each in sets]
    elif short := re.fullmatch(r"on the (\d+)\w\w or the last day", days):
        wanted = int(short[1])
        tests.append(lambda day: day.day == min(wanted, monthrange(day.year, day.month)[1]))
    elif days:
        head, _, conditions = days.partition("if that is ")
        if head:
            tests.append(_any(_items(head.removeprefix("on ").strip()), of_month))
        given = conditions.split(", and ") if conditions else []
        tests += [_any(_items(each, "or"), of_month) for each in given]
    period = _period("year" if by_weeks else "week" if unit == "weekday" else unit, first, by_weeks)
    origin = period(start)
    inside = [
        day
        for day in _each(start - 400 * ONE, end + 400 * ONE)
        if (period(day) - origin) % step == 0 and all(test(day) for test in tests)
    ]
    if places:
        inside = _positioned(inside, period, places)
    said = [day for day in inside if start <= day <= end]
    if found["until"]:
        number, month, year = found["until"].split()
        last = date(int(year), MONTHS.index(month) + 1, int(number))
        said = [day for day in said if day <= last]
    count = 1 if found["once"] else int(found["count"] or 0)
    return said[:count] if count else said


def _items(words: str, joint: str = "and") -> list[str]:
    return [word for word in re.split(rf", | {joint} ", words) if word]


def _ordinal(words: str) -> int:
    """Read "the first", "the 3rd", "the last" or "the 2nd to last"."""
    if words == "the last":
        return -1
    found = re.fullmatch(r"the (?:(\d+)(?:st|nd|rd|th)|(\w+))( to last)?", words)
    assert found, words
    number = int(found[1]) if found[1] else NTH[found[2]]
    return -number if found[3] else number


def _any(items: list[str], of_month: bool) -> Test:
    tests = [_day(item, of_month) for item in items]
    return lambda day: any(test(day) for test in tests)


def _day(words: str, of_month: bool) -> Test:
    """Read one day: a weekday, a numbered one, a day of the month or of the year, a date."""
    bare = re.sub(r"^(every|a) ", "", words)
    if bare in WEEKDAYS:
        return lambda day: day.weekday() == WEEKDAYS.index(bare)
    if bare in ("weekday", "weekdays"):
        return lambda day: day.weekday() < 5
    if found := re.fullmatch(r"(\d+) (\w+)", words):
        date_said = MONTHS.index(found[2]) + 1, int(found[1])
        return lambda day: (day.month, day.day) == date_said
    if (found := re.fullmatch(r"(the .+) (\w+day)", words)) and found[2] in WEEKDAYS:
        nth, weekday = _ordinal(found[1]), WEEKDAYS.index(found[2])
        return lambda day: day.weekday() == weekday and nth in _nth_weekday(day, of_month)
    if found := re.fullmatch(r"(the .+) day of the year", words):
        number = _ordinal(found[1])
        return lambda day: number in _numbers(day.timetuple().tm_yday, 365 + isleap(day.year))
    number = _ordinal(re.sub(r"( day)?( of every month)?$", "", words))
    return lambda day: number in _numbers(day.day, monthrange(day.year, day.month)[1])


def _numbers(number: int, length: int) -> tuple[int, int]:
    return number, number - length - 1


def _nth_weekday(day: date, of_month: bool) -> tuple[int, int]:
    span = monthrange(day.year, day.month)[1] if of_month else 365 + isleap(day.year)
    number = day.day if of_month else day.timetuple().tm_yday
    return (number - 1) // 7 + 1, -((span - number) // 7) - 1


def _weeks(numbers: str | None, listed: str | None) -> list[int]:
    if numbers:
        return [int(number) for number in re.findall(r"\d+", numbers)]
    return [_ordinal(item.removesuffix(" week")) for item in _items(listed or "")]


def _week_one(year: int, first: int) -> date:
    january_4 = date(year, 1, 4)
    return january_4 - ONE * ((january_4.weekday() - first) % 7)


def _week_year(day: date, first: int) -> int:
    if day >= _week_one(day.year + 1, first):
        return day.year + 1
    return day.year if day >= _week_one(day.year, first) else day.year - 1


def _in_weeks(day: date, wanted: list[int], first: int) -> bool:
    year = _week_year(day, first)
    number = (day - _week_one(year, first)).days // 7 + 1
    weeks = (_week_one(year + 1, first) - _week_one(year, first)).days // 7
    return number in wanted or number - weeks - 1 in wanted


def _period(unit: str, first: int, by_weeks: bool) -> Callable[[date], int]:
    if by_weeks:
        return lambda day: _week_year(day, first)
    match unit:
        case "day":
            return date.toordinal
        case "week":
            return lambda day: (day.toordinal() - 1 - first) // 7
        case "month":
            return lambda day: day.year * 12 + day.month
        case _:
            return lambda day: day.year


def _positioned(days: list[date], period: Callable[[date], int], places: list[int]) -> list[date]:
    groups: dict[int, list[date]] = {}
    for day in days:
        groups.setdefault(period(day), []).append(day)
    return [
        day
        for group in groups.values()
        for place, day in enumerate(group, start=1)
        if place in places or place - len(group) - 1 in places
    ]


def _each(start: date, end: date) -> list[date]:
    return [start + ONE * n for n in range((end - start).days + 1)]
