"""Turns plain words, as in {"every": "2 weeks", "on": ["tue", "sun"]}, into a rule's text."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from domain.errors import RuleRefused
from domain.recurrence.reading import tidy_rule
from domain.recurrence.rule import MONTH_NAMES, WEEKDAY_NAMES, WEEKDAYS, Weekday

_KEYS = ("every", "on", "in", "until", "times")
_UNITS = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY"}
_EVERY = re.compile(r"(?:every )?(?:(other|[0-9]{1,4}) )?(day|week|month|year)s?")
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}
_DATE = re.compile(r"(?:the )?([0-9]{1,2})(?:st|nd|rd|th)?(?P<or_last> or (?:the )?last day)?")
_MOST = 40


class RuleSource(StrEnum):
    """Who wrote a rule, which decides what a year without months means."""

    RFC5545 = "rfc5545"  # as the standard says: in every month
    GOOGLE = "google"  # days of the month without a month: once a year
    WORDS = "words"  # days without a month: in one month


def plain_rule(words: Mapping[str, Any]) -> str:
    """Return the RFC 5545 text of a rule in plain words, to be read by `parse_rule`.

    every: "day", "weekday", "2 weeks", "other month" · on: weekdays ("tue"), in months and
    years also "first monday", "last friday", dates (15, "15th"), "last day" or "30th or last
    day" · in: months ("june") · until: a date or time, its day or moment included · times: how
    many in all. A yearly rule without `in` gets its month from its start, see `as_meant`.

    Raises:
        RuleRefused: `part` is the key at fault.
    """
    for key in words:
        if key not in _KEYS:
            raise RuleRefused(str(key)[:20], f"{str(key)[:20]!r} is not among {', '.join(_KEYS)}.")
    parts = _every(words.get("every"))
    if on := _listed(words, "on"):
        parts |= _on(on, parts)
    if months := _listed(words, "in"):
        if len(months) > 1 and "BYSETPOS" in parts and parts["FREQ"] == "YEARLY":
            raise RuleRefused("in", 'A yearly rule with "or last day" takes one month.')
        parts["BYMONTH"] = ",".join(str(_place(month, MONTH_NAMES, "in") + 1) for month in months)
    if words.get("until") is not None:
        parts["UNTIL"] = _until(words["until"])
    if (times := words.get("times")) is not None:
        if not isinstance(times, int) or isinstance(times, bool):
            raise RuleRefused("times", "times is a whole number.")
        parts["COUNT"] = str(times)
    return ";".join(f"{name}={value}" for name, value in parts.items())


def as_meant(text: str, start: date, source: RuleSource) -> str:
    """Return the RFC 5545 text of a rule as its source means it, given its first day.

    RFC 5545 reads "every year on the 15th" (FREQ=YEARLY;BYMONTHDAY=15) as the 15th of every
    month. People, and calendars that write it so, mean once a year, in the month of the start.
    """
    tidy = tidy_rule(text)
    parts = dict(part.partition("=")[::2] for part in tidy.split(";"))
    days = {"BYMONTHDAY"} if source is RuleSource.GOOGLE else {"BYMONTHDAY", "BYDAY"}
    others = {"BYMONTH", "BYWEEKNO", "BYYEARDAY"}
    if source is RuleSource.RFC5545 or parts.get("FREQ") != "YEARLY":
        return tidy
    if parts.keys() & others or not parts.keys() & days:
        return tidy
    return f"{tidy};BYMONTH={start.month}"


def _every(every: object) -> dict[str, str]:
    pace = every.strip().lower() if isinstance(every, str) else ""
    if pace == "weekday":
        return {"FREQ": "WEEKLY", "BYDAY": "MO,TU,WE,TH,FR"}
    if not (found := _EVERY.fullmatch(pace)):
        raise RuleRefused("every", 'every is an interval: "day", "2 weeks", "other month".')
    parts = {"FREQ": _UNITS[found[2]]}
    if found[1]:
        parts["INTERVAL"] = "2" if found[1] == "other" else found[1]
    return parts


def _listed(words: Mapping[str, Any], key: str) -> Sequence[Any]:
    given = words.get(key)
    if given is None:
        return []
    listed = given if isinstance(given, list | tuple) else [given]
    if len(listed) > _MOST:
        raise RuleRefused(key, f"{key} takes at most {_MOST} values.")
    return listed


def _on(on: Sequence[Any], parts: dict[str, str]) -> dict[str, str]:
    weekdays, dates = [], []
    if len(on) == 1 and (shortened := _or_last_day(str(on[0]), parts["FREQ"])):
        return shortened
    for entry in on:
        word = str(entry).strip().lower()[:40]
        if word == "last day":
            dates.append("-1")
        elif found := _DATE.fullmatch(word):
            if found["or_last"] and found[1] not in ("31", "29", "30"):
                raise RuleRefused("on", f"Every month has a day {found[1]}: leave out the rest.")
            if found["or_last"] and found[1] != "31":
                raise RuleRefused("on", f"{word!r} goes alone, in a monthly or yearly rule.")
            dates.append("-1" if found["or_last"] else found[1])
        else:
            nth, space, name = word.rpartition(" ")
            if space and nth not in _NTH:
                raise RuleRefused("on", f"{word!r} is not a day; use tue, last friday or 15.")
            weekdays.append(f"{_NTH[nth] if space else ''}{_weekday(name)}")
    if weekdays and dates:
        raise RuleRefused("on", "on takes weekdays or dates, not both.")
    if dates and parts["FREQ"] == "WEEKLY":
        raise RuleRefused("on", "A weekly rule takes weekdays such as tue, not dates.")
    return {"BYDAY": ",".join(weekdays)} if weekdays else {"BYMONTHDAY": ",".join(dates)}


def _or_last_day(entry: str, frequency: str) -> dict[str, str] | None:
    """Read "30th or last day": in a month that is too short, its last day."""
    found = _DATE.fullmatch(entry.strip().lower()[:40])
    if not found or not found["or_last"] or frequency not in ("MONTHLY", "YEARLY"):
        return None
    if found[1] not in ("29", "30"):
        return None
    # The last of the days from the 28th on that the month has.
    dates = ",".join(str(day) for day in range(28, int(found[1]) + 1))
    return {"BYMONTHDAY": dates, "BYSETPOS": "-1"}


def _weekday(name: str) -> Weekday:
    return WEEKDAYS[_place(name, WEEKDAY_NAMES, "on")]


def _place(word: object, names: Sequence[str], key: str) -> int:
    """Find a name by its first letters, three at least (two for a weekday as RFC 5545 has it)."""
    start = str(word).strip().lower()[:40]
    least = 2 if key == "on" else 3
    indexes = [index for index, name in enumerate(names) if name.lower().startswith(start)]
    if len(start) < least or len(indexes) != 1:
        raise RuleRefused(key, f"{start!r} is not a known name; use {names[1][:3]} or {names[1]}.")
    return indexes[0]


def _until(until: object) -> str:
    try:
        return f"{date.fromisoformat(str(until)):%Y%m%d}"
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(str(until))
    except ValueError:
        raise RuleRefused("until", "until is a date such as 2027-12-24, or a time.") from None
    if moment.tzinfo is None:
        return f"{moment:%Y%m%dT%H%M%S}"
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
