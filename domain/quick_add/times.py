"""Reads the phrases of times of day, of parts of the day, and of reminders."""

import re
from collections.abc import Sequence
from datetime import time

from domain.quick_add.phrases import Clock, Found, Reader, Value

_NIGHT, _MORNING = 21, 6
_DOUBTFUL_HOURS = range(1, 9)  # "at 5" is in the morning or in the afternoon
_LENGTH = re.compile(r"([0-9]{1,3}|[^\W\d_]+)\s{0,3}([^\W\d_]+)")


def written(found: Found, _clock: Clock) -> Sequence[Value]:
    """Read a time that says itself which half of the day it is in: 5pm, 17:30, 5 Uhr."""
    hour, minute = found.number("hour"), found.number("minute") or 0
    if hour is None or hour > 23 or found.part is not None:
        return _within_part(found, minute)
    if meridiem := found.text("meridiem"):
        if not 1 <= hour <= 12:
            return ()
        hour = hour % 12 + (12 if meridiem.startswith("p") else 0)
    return (Value(at=time(hour, minute)),)


def bare(found: Found, clock: Clock) -> Sequence[Value]:
    """Read a time without am or pm. From 1 to 8 it is one of two, unless written as 05:30."""
    values = written(found, clock)
    hour = found.number("hour") or 0
    if hour not in _DOUBTFUL_HOURS or found.text("hour").startswith("0"):
        return values
    return (*values, *(Value(at=time(hour + 12, found.number("minute") or 0)) for _ in values))


def also_in_the_evening(values: Sequence[Value]) -> Sequence[Value]:
    """Return the values of "at 9", which for a dinner can be in the morning or in the evening."""
    if len(values) != 1 or values[0].at is None or values[0].at.hour >= 12:
        return values
    at = values[0].at
    return (*values, Value(at=at.replace(hour=at.hour + 12)))


def past(minutes: int) -> Reader:
    """Return the reader of "half past 9" and "quarter to 9": so many minutes past the hour."""

    def read(found: Found, _clock: Clock) -> Sequence[Value]:
        text = found.text("spoken")
        hour = int(text) if text.isdecimal() else found.language.counts.get(text, 0)
        if not 1 <= hour <= 12:
            return ()
        total = hour * 60 + minutes
        both = [time((total // 60 + more) % 24, total % 60) for more in (0, 12)]
        if part := found.part:
            return [Value(at=at) for at in both if part.first <= at.hour <= part.last]
        return [Value(at=at) for at in (both if hour in _DOUBTFUL_HOURS else both[:1])]

    return read


def noon(_found: Found, _clock: Clock) -> Sequence[Value]:
    return (Value(at=time(12)),)


def part_of_day(found: Found, _clock: Clock) -> Sequence[Value]:
    return (Value(part=found.part),) if found.part else ()


def reminder(found: Found, _clock: Clock) -> Sequence[Value]:
    """Read "remind 1 day and 30m before" as ISO 8601 durations."""
    language, lengths = found.language, []
    for number, word in _LENGTH.findall(found.text("lengths")):
        count = int(number) if number.isdecimal() else language.counts.get(number, 0)
        unit = language.units.get(word) or _SHORT_UNITS.get(word, "")
        if not count or unit not in _DURATIONS:
            continue
        lengths.append(_DURATIONS[unit].format(count * 7 if unit == "week" else count))
    return (Value(reminders=tuple(dict.fromkeys(lengths))),) if lengths else ()


_DURATIONS = {"minute": "PT{}M", "hour": "PT{}H", "day": "P{}D", "week": "P{}D"}
_SHORT_UNITS = {
    **dict.fromkeys(("m", "min", "mins"), "minute"),
    **dict.fromkeys(("h", "hr", "hrs", "std"), "hour"),
    "d": "day",
    "w": "week",
}


def _within_part(found: Found, minute: int) -> Sequence[Value]:
    """Read "7 in the evening"."""
    hour, part = found.number("hour"), found.part
    if hour is None or part is None or hour > 23:
        return ()
    hours = [each for each in (hour, hour + 12) if part.first <= each <= part.last]
    if part.at.hour >= _NIGHT and hour < _MORNING:
        hours = [hour]  # "2 at night"
    return (Value(at=time(hours[0], minute)),) if hours else ()
