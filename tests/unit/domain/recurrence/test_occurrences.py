"""Whatever the rule, its occurrences agree with the RFC read aloud, and with one another."""

# ruff: noqa: DTZ001 — wall times are naive on purpose

from datetime import UTC, datetime, timedelta
from itertools import islice

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.errors import RuleRefused
from domain.recurrence.local_time import resolve, wall_clock, zone
from domain.recurrence.recurrence import (
    Recurrence,
    between,
    next_after,
    next_after_instant,
    occurrences,
    parse_rule,
    split,
)
from domain.recurrence.writing import write_rule
from tests.unit.domain.recurrence.brute_force import brute_force
from tests.unit.domain.recurrence.rules import rules, starts, zones

SECOND = timedelta(seconds=1)
randomly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def recurrences(draw: st.DrawFn, *, endless: bool = False) -> Recurrence:
    """Draw one that fires, with some of its first occurrences left out."""
    text, start, timezone = draw(rules(endless=endless)), draw(starts), draw(zones)
    try:
        whole = parse_rule(text, start, timezone)
    except RuleRefused:
        assume(False)
    first = list(occurrences(whole, limit=10))
    excluded = draw(st.lists(st.sampled_from(first), unique=True, max_size=3))
    return parse_rule(text, start, timezone, excluded)


@randomly
@given(rules(), starts)
def test_a_rule_falls_where_the_rfc_read_aloud_puts_it(text: str, start: datetime) -> None:
    horizon = start + timedelta(days=1_500 if "YEARLY" in text else 600)
    try:
        recurrence = parse_rule(text, start, "UTC")
    except RuleRefused:  # as one that never fires
        found = []
    else:
        found = between(recurrence, start - SECOND, horizon)
    assert found == brute_force(text, start, horizon)


@randomly
@given(recurrences(), st.data())
def test_the_next_is_the_first_of_all_that_lie_beyond(
    recurrence: Recurrence, data: st.DataObject
) -> None:
    known = list(islice(occurrences(recurrence), 40))
    assume(known)
    after = data.draw(st.datetimes(recurrence.start - timedelta(days=40), known[-1]))
    beyond = [at for at in known if at > after]
    if beyond or len(known) < 40:
        assert next_after(recurrence, after) == (beyond[0] if beyond else None)


@randomly
@given(recurrences(), st.integers(0, 10**9))
def test_the_next_after_an_instant_is_the_first_that_resolves_to_a_later_one(
    recurrence: Recurrence, seconds: int
) -> None:
    where = zone(recurrence.timezone)
    known = [resolve(at, where) for at in occurrences(recurrence, limit=40)]
    assume(known)
    moment = known[0] + timedelta(seconds=seconds) % (known[-1] - known[0] + SECOND)
    beyond = [at for at in known if at > moment]
    found = next_after_instant(recurrence, moment)
    if beyond or len(known) < 40:
        assert (found and resolve(found, where)) == (beyond[0] if beyond else None)


@randomly
@given(recurrences(), st.integers(0, 30))
def test_both_halves_of_a_split_have_what_the_whole_had(recurrence: Recurrence, place: int) -> None:
    whole = list(occurrences(recurrence, limit=60))
    assume(whole)
    at = whole[place % len(whole)]
    before, following = split(recurrence, at)
    first_half = [] if before is None else list(occurrences(before))
    halves = first_half + list(occurrences(following, limit=60 - len(first_half)))
    assert halves == whole
    assert all(earlier < at for earlier in first_half)
    assert next(occurrences(following)) == at


@randomly
@given(recurrences())
def test_an_instant_and_a_wall_time_exclude_the_same(recurrence: Recurrence) -> None:
    text, where = write_rule(recurrence), zone(recurrence.timezone)
    first = list(occurrences(recurrence, limit=5))
    # Where a zone skipped a whole day, two wall times share one instant: it names the later.
    assume(len({resolve(at, where) for at in first}) == len(first))
    assume(all(wall_clock(resolve(at, where), where).date() == at.date() for at in first))
    as_text = [f"{resolve(at, where):%Y-%m-%dT%H:%M:%SZ}" for at in first]
    for excluded in (first, as_text):
        again = parse_rule(text, recurrence.start, recurrence.timezone, excluded)
        assert again.excluded == tuple(first)


@given(recurrences())
def test_a_recurrence_survives_being_stored(recurrence: Recurrence) -> None:
    stored = msgspec.json.encode(recurrence)
    assert msgspec.json.decode(stored, type=Recurrence) == recurrence


def test_only_an_occurrence_can_split_a_rule() -> None:
    recurrence = parse_rule("FREQ=WEEKLY", datetime(2026, 5, 1, 9), "UTC")
    with pytest.raises(RuleRefused, match="no occurrence at 2026-05-02 09:00"):
        split(recurrence, datetime(2026, 5, 2, 9))


def test_a_split_shares_out_the_count() -> None:
    recurrence = parse_rule("FREQ=DAILY;COUNT=5", datetime(2026, 5, 1, 9), "UTC", ["2026-05-02"])
    before, following = split(recurrence, datetime(2026, 5, 4, 9))
    assert before is not None
    assert write_rule(before) == "FREQ=DAILY;UNTIL=20260503T090000Z"
    assert write_rule(following) == "FREQ=DAILY;COUNT=2"
    assert parse_rule("FREQ=DAILY;COUNT=2", following.start, "UTC") == following


def test_an_occurrence_a_gap_has_pushed_beyond_now_is_still_to_come() -> None:
    recurrence = parse_rule("FREQ=DAILY", datetime(2026, 3, 1, 2, 30), "America/New_York")
    ten_past_three = datetime(2026, 3, 8, 7, 10, tzinfo=UTC)
    assert next_after_instant(recurrence, ten_past_three) == datetime(2026, 3, 8, 2, 30)


def test_a_start_long_ago_keeps_the_step_of_its_weeks() -> None:
    start = datetime(1026, 5, 3, 9)  # a Thursday
    recurrence = parse_rule("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;WKST=SU", start, "UTC")
    following = next_after(recurrence, datetime(2026, 5, 1))
    assert following is not None
    sunday_of_start = start - timedelta(days=4)
    assert (following - sunday_of_start).days // 7 % 2 == 0
    assert following.weekday() == 1
    assert following - datetime(2026, 5, 1) < timedelta(days=15)


def test_a_count_long_used_up_leaves_nothing() -> None:
    recurrence = parse_rule("FREQ=DAILY;COUNT=10000", datetime(1996, 5, 1, 9), "UTC")
    assert recurrence.last == datetime(1996, 5, 1, 9) + timedelta(days=9_999)
    assert next_after(recurrence, datetime(2026, 5, 1)) is None
    assert next_after(recurrence, datetime(2023, 9, 15)) == datetime(2023, 9, 15, 9)


def test_the_day_a_zone_skipped_is_still_an_occurrence() -> None:
    # Samoa went from 29 to 31 December 2011: a gap of a whole day.
    recurrence = parse_rule("FREQ=DAILY;COUNT=3", datetime(2011, 12, 29, 9), "Pacific/Apia")
    instants = [resolve(at, zone("Pacific/Apia")) for at in occurrences(recurrence)]
    assert [f"{at:%d %H:%M}" for at in instants] == ["29 19:00", "30 19:00", "30 19:00"]
