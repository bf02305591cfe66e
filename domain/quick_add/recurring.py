"""Makes the recurrence that a phrase means: the rule, and its first occurrence."""

import re
from datetime import date, datetime, time, timedelta

from domain.errors import RuleRefused
from domain.quick_add.days import later
from domain.quick_add.phrases import Clock, Value
from domain.record import Record
from domain.recurrence.local_time import resolve
from domain.recurrence.recurrence import next_after, parse_rule
from domain.recurrence.words.plain import RuleSource, as_meant, plain_rule

_INTERVAL = re.compile(";INTERVAL=[0-9]+")


class Recurring(Record):
    """A rule (RFC 5545) and its first occurrence, a wall time; midnight stands for the day."""

    rule: str
    first: datetime


def rule_text(value: Value) -> str | None:
    """Return the rule of a phrase without its end; None if no rule can be so."""
    try:
        return plain_rule(value.rule or {})
    except RuleRefused:
        return None


def recurring(
    value: Value, clock: Clock, at: time | None, start: date | None, until: date | None
) -> Recurring | None:
    """Return the recurrence from `start` (default: now) to `until`; None if there is none.

    Its first occurrence is the next that has not passed: with "every other Tuesday" the coming
    Tuesday.
    """
    text = rule_text(value)
    if text is None:
        return None
    earliest = datetime.combine(start or clock.today, at or time(0))
    if start is None and at is not None and resolve(earliest, clock.zone) <= clock.now:
        earliest += timedelta(days=1)
    try:
        # Without the interval, which counts from the first occurrence.
        steady = as_meant(_INTERVAL.sub("", text), earliest.date(), RuleSource.WORDS)
        search = parse_rule(steady, earliest, clock.timezone)
        first = next_after(search, earliest - timedelta(seconds=1))
        if first is None:
            return None
        if value.length and until is None:
            until = later(first.date(), *value.length) - timedelta(days=1)
        if until is not None:
            text += f";UNTIL={until:%Y%m%d}"
        rule = as_meant(text, first.date(), RuleSource.WORDS)
        parse_rule(rule, first, clock.timezone)
    except RuleRefused:
        return None
    return Recurring(rule=rule, first=first)
