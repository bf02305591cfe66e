"""Counted from the day it was done, the next date is that day and a step, and never past."""

# ruff: noqa: DTZ001 — wall times are naive on purpose

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.errors import RuleRefused
from domain.recurrence.completion_anchor import next_after_completion
from domain.recurrence.local_time import resolve, wall_clock, zone
from domain.recurrence.recurrence import parse_rule
from tests.unit.domain.recurrence.rules import rules, starts, zones

START = datetime(2026, 1, 6, 9)  # a Tuesday
DONE = datetime(2026, 1, 31, 20, tzinfo=UTC)  # a Saturday


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;INTERVAL=3", datetime(2026, 2, 3, 9)),
        ("FREQ=WEEKLY;INTERVAL=2", datetime(2026, 2, 14, 9)),
        ("FREQ=MONTHLY", datetime(2026, 2, 28, 9)),
        ("FREQ=MONTHLY;INTERVAL=2", datetime(2026, 3, 31, 9)),
        ("FREQ=YEARLY", datetime(2027, 1, 31, 9)),
        ("FREQ=WEEKLY;BYDAY=MO,FR", datetime(2026, 2, 2, 9)),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", datetime(2026, 2, 10, 9)),
        ("FREQ=MONTHLY;BYMONTHDAY=15", datetime(2026, 2, 15, 9)),
        # From a Saturday, every seventh day is a Saturday: the first Tuesday a week on, then.
        ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", datetime(2026, 2, 10, 9)),
    ],
)
def test_the_next_date_is_a_step_from_the_day_it_was_done(rule: str, expected: datetime) -> None:
    recurrence = parse_rule(rule, START, "Europe/Berlin")
    assert next_after_completion(recurrence, DONE, DONE) == expected


def test_done_late_at_night_counts_for_the_day_on_the_wall() -> None:
    recurrence = parse_rule("FREQ=DAILY", START, "America/New_York")
    done = datetime(2026, 1, 31, 3, tzinfo=UTC)  # still the 30th in New York
    assert next_after_completion(recurrence, done, done) == datetime(2026, 1, 31, 9)


def test_done_early_in_the_morning_the_day_itself_is_not_next() -> None:
    recurrence = parse_rule("FREQ=DAILY;BYMONTH=1,2,3", START, "UTC")
    done = datetime(2026, 1, 31, 5, tzinfo=UTC)
    assert next_after_completion(recurrence, done, done) == datetime(2026, 2, 1, 9)


def test_an_end_and_a_count_are_kept() -> None:
    until = parse_rule("FREQ=WEEKLY;INTERVAL=2;UNTIL=20260213", START, "UTC")
    assert next_after_completion(until, DONE, DONE) is None
    thrice = parse_rule("FREQ=WEEKLY;INTERVAL=2;COUNT=3", START, "UTC")
    assert next_after_completion(thrice, DONE, DONE, spent=2) == datetime(2026, 2, 14, 9)
    assert next_after_completion(thrice, DONE, DONE, spent=3) is None


def test_an_excluded_date_is_passed_over() -> None:
    recurrence = parse_rule("FREQ=MONTHLY", START, "UTC", ["2026-02-28"])
    assert next_after_completion(recurrence, DONE, DONE) == datetime(2026, 3, 31, 9)


@given(rules(endless=True), starts, zones, st.integers(0, 20_000), st.integers(0, 4_000))
def test_the_next_date_is_never_in_the_past(
    text: str, start: datetime, timezone: str, days: int, late: int
) -> None:
    try:
        recurrence = parse_rule(text, start, timezone)
    except RuleRefused:
        assume(False)
    where = zone(timezone)
    done = resolve(start, where) + timedelta(days=days, hours=7)
    now = done + timedelta(days=late)
    if following := next_after_completion(recurrence, done, now):
        assert resolve(following, where) > now
        assert following.date() > wall_clock(done, where).date()
