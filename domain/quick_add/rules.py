"""Reads the phrases of recurrences into the plain words of `domain.recurrence.words.plain`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from domain.quick_add.phrases import Clock, Found, Reader, Value
from domain.recurrence.rule import MONTH_NAMES, WEEKDAY_NAMES

_SEVERAL = {"quarter": ("month", 3), "fortnight": ("week", 2)}


def interval(found: Found, _clock: Clock) -> Sequence[Value]:
    """Read "every 3 days", with the days of a month or a year that follow."""
    steps, unit = _steps(found), found.language.units[found.text("unit")]
    if unit in _SEVERAL:
        unit, factor = _SEVERAL[unit]
        steps *= factor
    if not steps or unit not in ("day", "week", "month", "year"):
        return ()
    return _rule(found, {"every": f"{steps} {unit}" if steps > 1 else unit} | _days(found, unit))


def weekly(found: Found, _clock: Clock) -> Sequence[Value]:
    """Read "every Monday and Friday" and "every other Tuesday"."""
    steps = _steps(found)
    if not steps:
        return ()
    every = f"{steps} week" if steps > 1 else "week"
    return _rule(found, {"every": every, "on": _weekdays(found)})


def fixed(every: str, on: Sequence[str] = ()) -> Reader:
    """Return the reader of a phrase that names a rule by itself, such as "daily"."""

    def read(found: Found, _clock: Clock) -> Sequence[Value]:
        return _rule(found, {"every": every} | ({"on": list(on)} if on else {}))

    return read


def monthly(found: Found, _clock: Clock) -> Sequence[Value]:
    """Read "every 15th" and "the first Monday of every month"."""
    return _rule(found, {"every": "month"} | _days(found, "month"))


def doubtful_nth(found: Found, clock: Clock) -> Sequence[Value]:
    """Read "every third Friday": of each month, or in every third week. "Every last Friday" is
    of each month."""
    nth, (weekday,) = _nth(found), _weekdays(found)
    of_month = _rule(found, {"every": "month", "on": [f"{nth} {weekday}"]})
    if nth in ("first", "last"):
        return of_month
    steps = _NUMBERS[nth]
    return (*_rule(found, {"every": f"{steps} week", "on": [weekday]}), *of_month)


def every_second(found: Found, clock: Clock) -> Sequence[Value]:
    """Read "jeden zweiten Dienstag", which in German is every other week."""
    values = doubtful_nth(found, clock)
    return values[:1] if _nth(found) == "second" else values


def yearly(found: Found, _clock: Clock) -> Sequence[Value]:
    """Read "every 24 December"."""
    return _rule(found, {"every": "year"} | _days(found, "year"))


_NUMBERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}


def _rule(found: Found, words: Mapping[str, Any]) -> Sequence[Value]:
    if found.text("limit"):  # "every day except Sunday": what the rest takes away is unknown
        return ()
    length = None
    if found.text("for_unit"):
        text = found.text("for_count")
        count = int(text) if text.isdecimal() else found.language.counts[text]
        length = (count, found.language.units[found.text("for_unit")])
        if not count or length[1] in ("minute", "hour"):
            return ()
    return (Value(rule=words, part=found.part, length=length),)


def _days(found: Found, unit: str) -> dict[str, Any]:
    if found.text("weekdays"):
        return {"on": _weekdays(found)}
    if unit == "year":
        month, day = found.month, found.text("day")
        return {"on": [int(day)], "in": [MONTH_NAMES[month - 1].lower()]} if month and day else {}
    if found.text("nth"):
        return {"on": [f"{_nth(found)} {WEEKDAY_NAMES[found.weekday or 0].lower()}"]}
    if found.text("last_day"):
        return {"on": ["last day"]}
    days = re.findall("[0-9]{1,2}", found.text("month_days"))
    return {"on": [int(day) for day in days]} if days else {}


def _steps(found: Found) -> int:
    text = found.text("steps").rstrip(".")
    if not text:
        return 1
    digits = re.match("[0-9]{1,3}", text)
    if digits:
        return int(digits[0])
    language = found.language
    return language.counts.get(text) or _NUMBERS.get(language.nth.get(text, ""), 2)


def _nth(found: Found) -> str:
    return found.language.nth[found.text("nth")]


def _weekdays(found: Found) -> list[str]:
    names = re.findall(r"[^\W\d_]+", found.text("weekdays") or found.text("weekday"))
    known = found.language.weekdays
    numbers = [known.get(name, known.get(name.removesuffix("s"))) for name in names]
    unique = dict.fromkeys(number for number in numbers if number is not None)
    return [WEEKDAY_NAMES[number].lower() for number in unique]
