"""Writes a rule in the form of RFC 5545, for calendars and for reading it back."""

from datetime import datetime
from zoneinfo import ZoneInfo

from domain.recurrence.local_time import resolve, zone
from domain.recurrence.recurrence import Recurrence
from domain.recurrence.rule import Weekday


def write_rule(recurrence: Recurrence, *, all_day: bool = False) -> str:
    """Return a text that `parse_rule` turns into the same rule.

    UNTIL is written in UTC; if the rule is `all_day`, it is a date.
    """
    rule = recurrence.rule
    parts: list[tuple[str, object]] = [("FREQ", rule.frequency)]
    if rule.interval > 1:
        parts.append(("INTERVAL", rule.interval))
    if rule.count is not None:
        parts.append(("COUNT", rule.count))
    if rule.until is not None:
        where = zone(recurrence.timezone)
        parts.append(("UNTIL", f"{rule.until:%Y%m%d}" if all_day else _in_utc(rule.until, where)))
    for name, values in (
        ("BYMONTH", rule.by_month),
        ("BYWEEKNO", rule.by_week_number),
        ("BYYEARDAY", rule.by_year_day),
        ("BYMONTHDAY", rule.by_month_day),
        ("BYDAY", rule.by_day),
        ("BYHOUR", rule.by_hour),
        ("BYMINUTE", rule.by_minute),
        ("BYSECOND", rule.by_second),
        ("BYSETPOS", rule.by_set_position),
    ):
        if values:
            parts.append((name, ",".join(map(str, values))))
    if rule.week_start is not Weekday.MO:
        parts.append(("WKST", rule.week_start))
    return ";".join(f"{name}={value}" for name, value in parts)


def _in_utc(until: datetime, where: ZoneInfo) -> str:
    return f"{resolve(until, where):%Y%m%dT%H%M%SZ}"
