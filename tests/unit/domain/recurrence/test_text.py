"""A rule can be said in words, and words can be made a rule."""

# ruff: noqa: DTZ001 — wall times are naive on purpose

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.errors import RuleRefused
from domain.recurrence.reading import tidy_rule
from domain.recurrence.recurrence import between, parse_rule
from domain.recurrence.words.plain import RuleSource, as_meant, plain_rule
from domain.recurrence.words.text import rule_text
from domain.recurrence.writing import write_rule
from tests.unit.domain.recurrence.rules import rules, starts
from tests.unit.domain.recurrence.words import days_said

START = datetime(2026, 2, 27, 9)  # a Friday


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=5", "every 3 days, 5 times"),
        ("FREQ=DAILY;BYMONTH=1", "every day in January"),
        ("FREQ=DAILY;BYHOUR=8,20;BYMINUTE=30", "every day at 08:30 and 20:30"),
        ("FREQ=WEEKLY", "every week on Friday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU", "every other week on Tuesday and Sunday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR", "every other week on weekdays"),
        ("FREQ=MONTHLY", "every month on the 27th"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1,1,22", "every month on the 1st, the 22nd and the last day"),
        ("FREQ=MONTHLY;BYMONTHDAY=-3", "every month on the 3rd to last day"),
        ("FREQ=WEEKLY;BYDAY=FR;UNTIL=20270501", "every week on Friday until 1 May 2027"),
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", "every month on the 13th if that is a Friday"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "every month on the last weekday"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=3", "every month on the third of Monday and Tuesday"),
        ("FREQ=YEARLY", "every year on 27 February"),
        ("FREQ=YEARLY;BYMONTHDAY=15", "every month on the 15th"),
        ("FREQ=YEARLY;BYMONTHDAY=15;BYMONTH=3", "every year on 15 March"),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTHDAY=15", "every other year on the 15th of every month"),
        ("FREQ=YEARLY;BYDAY=TU", "every week on Tuesday"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "every other month on every Tuesday"),
        ("FREQ=DAILY;INTERVAL=3;BYDAY=MO,SU", "every 3 days if that is a Monday or a Sunday"),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "every month on the 30th or the last day"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU",
         "every other week on Monday and Sunday, in weeks from Sunday"),
        ("FREQ=DAILY;BYHOUR=8,20;UNTIL=20270501T120000",
         "every day at 08:00 and 20:00 until 1 May 2027 at 08:00"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "every year on the last Sunday in March"),
        ("FREQ=YEARLY;BYDAY=20MO;COUNT=1", "every year on the 20th Monday, once"),
        ("FREQ=YEARLY;BYYEARDAY=100", "every year on the 100th day of the year"),
        ("FREQ=YEARLY;BYMONTHDAY=1;BYYEARDAY=1;BYSETPOS=-1",
         "every year on the last of the 1st that are the 1st day of the year"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "every year on Monday in week 20"),
        ("FREQ=YEARLY;BYWEEKNO=-1", "every year on Friday in the last week"),
    ],
)  # fmt: skip
def test_a_rule_reads_as_someone_would_say_it(rule: str, expected: str) -> None:
    assert rule_text(parse_rule(rule, START, "UTC")) == expected


@given(rules(), starts)
def test_there_are_words_for_every_rule(text: str, start: datetime) -> None:
    try:
        recurrence = parse_rule(text, start, "UTC")
    except RuleRefused:
        assume(False)
    said = rule_text(recurrence)
    assert said.startswith("every ")
    assert "  " not in said


@settings(max_examples=150, deadline=None)
@given(rules(), starts)
def test_the_words_name_the_days_of_the_rule_and_no_others(text: str, start: datetime) -> None:
    """An independent reader finds from the words alone the days that the rule has."""
    assume(not ("BYHOUR" in text or "BYMINUTE" in text))
    try:
        recurrence = parse_rule(text, start, "UTC")
    except RuleRefused:
        assume(False)
    end = start + timedelta(days=800)
    days = [at.date() for at in between(recurrence, start - timedelta(seconds=1), end)]
    words = rule_text(recurrence)
    assert days_said(words, start.date(), end.date()) == days, words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"every": "day"}, "FREQ=DAILY"),
        ({"every": "weekday"}, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        ({"every": "Every Other Week"}, "FREQ=WEEKLY;INTERVAL=2"),
        (
            {"every": "2 weeks", "on": ["tue", "sun"], "until": "2027-12-24"},
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;UNTIL=20271224",
        ),
        (
            {"every": "week", "on": "Monday", "until": "2027-12-24T09:00:00+01:00"},
            "FREQ=WEEKLY;BYDAY=MO;UNTIL=20271224T080000Z",
        ),
        (
            {"every": "month", "on": "last friday", "times": 3},
            "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3",
        ),
        ({"every": "month", "on": [1, "15th", "last day"]}, "FREQ=MONTHLY;BYMONTHDAY=1,15,-1"),
        ({"every": "month", "on": "the 31st or last day"}, "FREQ=MONTHLY;BYMONTHDAY=-1"),
        (
            {"every": "month", "on": "30 or the last day"},
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
        ),
        (
            {"every": "year", "in": ["mar", "June"], "on": "second sunday"},
            "FREQ=YEARLY;BYDAY=2SU;BYMONTH=3,6",
        ),
    ],
)
def test_plain_words_make_a_rule(words: dict[str, Any], expected: str) -> None:
    text = plain_rule(words)
    assert text == expected
    parse_rule(text, START, "UTC")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ({}, "every"),
        ({"every": "fortnight"}, "every"),
        ({"every": 2}, "every"),
        ({"every": "day", "at": "9"}, "at"),
        ({"every": "week", "on": ["t"]}, "on"),
        ({"every": "week", "on": ["15"]}, "on"),
        ({"every": "month", "on": ["tue", 15]}, "on"),
        ({"every": "month", "on": ["umpteenth friday"]}, "on"),
        ({"every": "month", "on": ["tue"] * 41}, "on"),
        ({"every": "month", "on": "15th or last day"}, "on"),
        ({"every": "month", "on": [1, "30th or last day"]}, "on"),
        ({"every": "year", "on": "30 or last day", "in": ["jan", "feb"]}, "in"),
        ({"every": "year", "in": ["ju"]}, "in"),
        ({"every": "day", "until": "2027-13-01"}, "until"),
        ({"every": "day", "until": ["2027"]}, "until"),
        ({"every": "day", "times": "3"}, "times"),
        ({"every": "day", "times": True}, "times"),
        ({"every": "0 days"}, "INTERVAL"),
        ({"every": "day", "times": -1}, "COUNT"),
        ({"every": "week", "on": ["first tue"]}, "BYDAY"),
    ],
)
def test_words_no_one_understands_are_refused_by_the_key_at_fault(
    words: dict[str, Any], part: str
) -> None:
    with pytest.raises(RuleRefused) as refused:
        parse_rule(plain_rule(words), START, "UTC")
    assert refused.value.part == part


DAYS = st.sampled_from(["15", "last day", "30th or last day", "first monday", "tue", "last fri"])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["year", "2 years", "month", "3 months"]), DAYS, starts)
def test_plain_words_make_a_rule_whose_words_and_days_agree(
    every: str, on: str, start: datetime
) -> None:
    """Words → rule → words: and of a year it is one month, that of the start."""
    rule = as_meant(plain_rule({"every": every, "on": on}), start.date(), RuleSource.WORDS)
    recurrence = parse_rule(rule, start, "UTC")
    end = start + timedelta(days=1_500)
    days = [at.date() for at in between(recurrence, start - timedelta(seconds=1), end)]
    words = rule_text(recurrence)
    assert days_said(words, start.date(), end.date()) == days
    assert rule_text(parse_rule(write_rule(recurrence), start, "UTC")) == words
    if "year" in every:
        assert {day.month for day in days} <= {start.month}


@pytest.mark.parametrize(
    ("rule", "source", "expected"),
    [
        ("FREQ=YEARLY;BYMONTHDAY=15", RuleSource.RFC5545, "FREQ=YEARLY;BYMONTHDAY=15"),
        ("FREQ=YEARLY;BYMONTHDAY=15", RuleSource.GOOGLE, "FREQ=YEARLY;BYMONTHDAY=15;BYMONTH=2"),
        ("rrule:freq=yearly; bymonthday=15;", RuleSource.GOOGLE,
         "FREQ=YEARLY;BYMONTHDAY=15;BYMONTH=2"),
        ("FREQ=YEARLY;BYDAY=20MO", RuleSource.GOOGLE, "FREQ=YEARLY;BYDAY=20MO"),
        ("FREQ=YEARLY;BYMONTHDAY=15;BYMONTH=6", RuleSource.GOOGLE,
         "FREQ=YEARLY;BYMONTHDAY=15;BYMONTH=6"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", RuleSource.GOOGLE, "FREQ=MONTHLY;BYMONTHDAY=15"),
    ],
)  # fmt: skip
def test_a_yearly_rule_without_months_means_what_its_source_means(
    rule: str, source: RuleSource, expected: str
) -> None:
    assert as_meant(rule, START.date(), source) == expected


def test_a_rule_counted_from_completion_says_so() -> None:
    bare = parse_rule("FREQ=MONTHLY;INTERVAL=2", START, "UTC")
    assert rule_text(bare, from_completion=True) == "every other month, counted from completion"
    tuesday = parse_rule("FREQ=WEEKLY;BYDAY=TU", START, "UTC")
    said = "every week on Tuesday, counted from completion"
    assert rule_text(tuesday, from_completion=True) == said


@pytest.mark.parametrize(
    "text", ["FREQ=DAILY;", "RRULE:FREQ=DAILY", " freq = daily ;", "FREQ=WEEKLY;BYDAY=MO, WE"]
)
def test_what_calendars_add_to_a_rule_is_understood(text: str) -> None:
    tidy = tidy_rule(text)
    assert " " not in tidy
    assert not tidy.endswith(";")
    assert parse_rule(text, START, "UTC") == parse_rule(tidy, START, "UTC")


anything = st.none() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=5))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["every", "on", "in", "until", "times"]), anything))
def test_no_words_raise_anything_but_a_refusal(words: dict[str, Any]) -> None:
    try:
        plain_rule(words | {"every": "month"})
    except RuleRefused as refused:
        part = refused.part
    else:
        part = "none"
    assert part in {"none", *words}
