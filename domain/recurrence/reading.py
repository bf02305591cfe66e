"""Reads the text of a rule, and refuses what no calendar could keep, naming the part at fault."""

import re
from collections.abc import Callable
from datetime import date, datetime
from math import prod
from typing import TypeVar

from domain.errors import RuleRefused
from domain.recurrence.rule import Frequency, Rule, RuleDay, Weekday

LONGEST_TEXT = 2_000
MAX_LIST = 100
MAX_TIMES_A_DAY = 48
HIGHEST_COUNT = 10_000
HIGHEST_INTERVAL = {
    # About ten years for a step of days, weeks or months; a lifetime for one of years.
    Frequency.DAILY: 3_660,
    Frequency.WEEKLY: 522,
    Frequency.MONTHLY: 120,
    Frequency.YEARLY: 100,
}

Until = date | datetime
"""A whole day, a wall time (naive) or an instant (aware), as RFC 5545 allows each."""

_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?")
_CHOICES = {"BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYSETPOS"}
_TIMES = {"BYHOUR", "BYMINUTE", "BYSECOND"}
_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"} | _CHOICES | _TIMES

Value = TypeVar("Value", RuleDay, int)


def read_rule(text: str) -> tuple[Rule, Until | None]:
    """Return the rule of a text such as FREQ=WEEKLY;BYDAY=TU and its UNTIL, still as written.

    Raises:
        RuleRefused: it is no rule, or one that RFC 5545 or Annals turns down.
    """
    parts = _split(text)
    frequency = _frequency(parts)
    rule = Rule(
        frequency=frequency,
        interval=_number(parts, "INTERVAL", HIGHEST_INTERVAL[frequency]) or 1,
        count=_number(parts, "COUNT", HIGHEST_COUNT),
        by_month=_numbers(parts, "BYMONTH", 12, least=1),
        by_week_number=_numbers(parts, "BYWEEKNO", 53),
        by_year_day=_numbers(parts, "BYYEARDAY", 366),
        by_month_day=_numbers(parts, "BYMONTHDAY", 31),
        by_day=_days(parts),
        by_hour=_numbers(parts, "BYHOUR", 23, least=0),
        by_minute=_numbers(parts, "BYMINUTE", 59, least=0),
        by_second=_numbers(parts, "BYSECOND", 59, least=0),
        by_set_position=_numbers(parts, "BYSETPOS", 366),
        week_start=_week_start(parts),
    )
    _refuse_what_does_not_go_together(rule)
    until = _until(parts)
    if until is not None and rule.count is not None:
        raise RuleRefused("COUNT", "COUNT and UNTIL both end a rule: give one of them.")
    return rule, until


def refuse_times_of_day(rule: Rule) -> None:
    """Refuse a rule of days that has times of day (RFC 5545, 3.3.10).

    Raises:
        RuleRefused: the rule has BYHOUR, BYMINUTE or BYSECOND.
    """
    given = (
        ("BYHOUR", rule.by_hour),
        ("BYMINUTE", rule.by_minute),
        ("BYSECOND", rule.by_second),
    )
    for part, values in given:
        if values:
            raise RuleRefused(part, f"A rule of days has no times of day: leave out {part}.")


def tidy_rule(text: str) -> str:
    """Return the text without what calendars add to a rule: a name, blanks, a last semicolon."""
    tidy = re.sub(r" *([;:,=]) *", r"\1", text.strip(" ").upper())
    return tidy.removeprefix("RRULE:").removesuffix(";")


def _split(text: str) -> dict[str, str]:
    if len(text) > LONGEST_TEXT:
        raise RuleRefused("RRULE", f"A rule has at most {LONGEST_TEXT:,} characters.")
    if not text.isprintable() or not text.isascii():
        raise RuleRefused("RRULE", "A rule is one line of plain ASCII text: give a single rule.")
    parts: dict[str, str] = {}
    for part in tidy_rule(text).split(";"):
        name, equals, value = part.partition("=")
        if name not in _PARTS:
            raise RuleRefused(name[:20] or "RRULE", f"{name[:20]!r} is not a part of a rule.")
        if not equals or not value:
            raise RuleRefused(name, f"{name} has no value.")
        if name in parts:
            raise RuleRefused(name, f"{name} is given twice.")
        parts[name] = value
    return parts


def _frequency(parts: dict[str, str]) -> Frequency:
    try:
        return Frequency(parts.get("FREQ", ""))
    except ValueError:
        raise RuleRefused("FREQ", "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY.") from None


def _week_start(parts: dict[str, str]) -> Weekday:
    try:
        return Weekday(parts.get("WKST", "MO"))
    except ValueError:
        raise RuleRefused("WKST", "WKST must be one of MO, TU, WE, TH, FR, SA, SU.") from None


def _number(parts: dict[str, str], name: str, highest: int) -> int | None:
    if (written := parts.get(name)) is None:
        return None
    number = int(written) if re.fullmatch("[0-9]{1,9}", written) else 0
    if not 1 <= number <= highest:
        raise RuleRefused(name, f"{name} must be a whole number from 1 to {highest:,}.")
    return number


def _numbers(
    parts: dict[str, str], name: str, highest: int, *, least: int | None = None
) -> tuple[int, ...]:
    """Read numbers from `least` to `highest`, or, without a least, from either end."""
    scope = f"1 to {highest} or -{highest} to -1" if least is None else f"{least} to {highest}"

    def read(written: str) -> int:
        if re.fullmatch("[+-]?[0-9]{1,3}" if least is None else "[0-9]{1,2}", written):
            number = int(written)
            if least is not None and least <= number <= highest:
                return number
            if least is None and 1 <= abs(number) <= highest:
                return number
        raise RuleRefused(name, f"{name} takes numbers from {scope}, not {written[:20]!r}.")

    return _list(parts, name, read)


def _days(parts: dict[str, str]) -> tuple[RuleDay, ...]:
    def read(written: str) -> RuleDay:
        found = _DAY.fullmatch(written)
        if not found or (found[1] and not 1 <= abs(int(found[1])) <= 53):
            raise RuleRefused(
                "BYDAY", f"BYDAY takes days such as MO, 1MO or -1FR, not {written[:20]!r}."
            )
        return RuleDay(weekday=Weekday(found[2]), nth=int(found[1] or 0))

    days = _list(parts, "BYDAY", read)
    return tuple(sorted(days, key=lambda day: (day.weekday.number, day.nth)))


def _list(parts: dict[str, str], name: str, read: Callable[[str], Value]) -> tuple[Value, ...]:
    if name not in parts:
        return ()
    written = parts[name].split(",")
    if len(written) > MAX_LIST:
        raise RuleRefused(name, f"{name} takes at most {MAX_LIST} values.")
    return tuple(sorted({read(value) for value in written}))


def _until(parts: dict[str, str]) -> Until | None:
    if (written := parts.get("UNTIL")) is None:
        return None
    try:
        if not _UNTIL.fullmatch(written):
            raise ValueError(written)
        until = datetime.fromisoformat(written)
    except ValueError:
        raise RuleRefused(
            "UNTIL", "UNTIL must be a date such as 20271224 or a time such as 20271224T090000Z."
        ) from None
    return until if "T" in written else until.date()


def _refuse_what_does_not_go_together(rule: Rule) -> None:
    """Hold the rule to the table and notes of RFC 5545, section 3.3.10."""
    frequency = rule.frequency
    yearly = frequency is Frequency.YEARLY
    if rule.by_week_number and not yearly:
        raise RuleRefused("BYWEEKNO", "BYWEEKNO goes with FREQ=YEARLY only.")
    if rule.by_year_day and not yearly:
        raise RuleRefused("BYYEARDAY", "BYYEARDAY goes with FREQ=YEARLY only.")
    if rule.by_month_day and frequency is Frequency.WEEKLY:
        raise RuleRefused("BYMONTHDAY", "BYMONTHDAY does not go with FREQ=WEEKLY.")
    if highest := max((abs(day.nth) for day in rule.by_day), default=0):
        if frequency in (Frequency.DAILY, Frequency.WEEKLY):
            raise RuleRefused("BYDAY", "A numbered weekday needs FREQ=MONTHLY or YEARLY.")
        if rule.by_week_number:
            raise RuleRefused("BYDAY", "A numbered weekday does not go with BYWEEKNO.")
        if highest > 5 and (not yearly or rule.by_month):
            raise RuleRefused("BYDAY", "No month has more than five of any weekday.")
    if rule.by_set_position and rule.bare:
        raise RuleRefused("BYSETPOS", "BYSETPOS needs another BY part to choose from.")
    times = (rule.by_hour, rule.by_minute, rule.by_second)
    if prod(len(given) or 1 for given in times) > MAX_TIMES_A_DAY:
        finest = "BYSECOND" if rule.by_second else "BYMINUTE"
        raise RuleRefused(finest, f"A day has at most {MAX_TIMES_A_DAY} occurrences.")
