"""A rule is said in German as exactly as in English."""

# ruff: noqa: DTZ001, E501 — wall times are naive on purpose, and sentences are long

import re
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings

from domain.errors import RuleRefused
from domain.recurrence.recurrence import parse_rule
from domain.recurrence.words.german_text import german_rule_text
from domain.recurrence.words.text import rule_text
from tests.unit.domain.recurrence.rules import rules, starts

START = datetime(2026, 2, 27, 9)  # a Friday
ENGLISH = re.compile(
    r"\b(every|other|the|on|of|and|or|if|that|is|in weeks?|until|at|once|times|day|days|weeks?|"
    r"months?|years?|weekdays?|\w+day|last|first|second|third|January|March|May|June|July|"
    r"October|December|counted|completion)\b"
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY", "jeden Tag"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=5", "alle 3 Tage, 5-mal"),
        ("FREQ=DAILY;BYMONTH=1", "jeden Tag im Januar"),
        ("FREQ=DAILY;BYHOUR=8,20;BYMINUTE=30", "jeden Tag um 08:30 und 20:30"),
        ("FREQ=DAILY;INTERVAL=3;BYDAY=MO,SU", "alle 3 Tage, wenn es ein Montag oder ein Sonntag ist"),
        ("FREQ=WEEKLY", "jede Woche am Freitag"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU", "alle 2 Wochen am Dienstag und Sonntag"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "jeden Tag von Montag bis Freitag"),
        ("FREQ=WEEKLY;BYDAY=FR;UNTIL=20270501", "jede Woche am Freitag bis 1. Mai 2027"),
        ("FREQ=MONTHLY", "jeden Monat am 27."),
        ("FREQ=MONTHLY;BYMONTHDAY=-1,1,22", "jeden Monat am 1., 22. und letzten Tag"),
        ("FREQ=MONTHLY;BYMONTHDAY=-3", "jeden Monat am drittletzten Tag"),
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", "jeden Monat am 13., wenn es ein Freitag ist"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=3", "jeden Monat am dritten der Tage (Montag und Dienstag)"),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "jeden Monat am 30. oder am letzten Tag"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "alle 2 Monate an jedem Dienstag"),
        ("FREQ=YEARLY;BYMONTHDAY=15;BYMONTH=3", "jedes Jahr am 15. März"),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTHDAY=15", "alle 2 Jahre am 15. jedes Monats"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "jedes Jahr am letzten Sonntag im März"),
        ("FREQ=YEARLY;BYWEEKNO=-1,2", "jedes Jahr am Freitag in der 2. und letzten Woche"),
        ("FREQ=YEARLY;BYYEARDAY=100;COUNT=1", "jedes Jahr am 100. Tag des Jahres, einmal"),
    ],
)  # fmt: skip
def test_a_rule_is_said_in_german(rule: str, expected: str) -> None:
    assert german_rule_text(parse_rule(rule, START, "Europe/Berlin")) == expected


def test_what_counts_from_completion_says_so() -> None:
    recurrence = parse_rule("FREQ=WEEKLY;INTERVAL=2", START, "UTC")
    said = german_rule_text(recurrence, from_completion=True)
    assert said == "alle 2 Wochen, gezählt ab der Erledigung"


@settings(
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], max_examples=200
)
@given(rules(), starts)
def test_no_rule_is_said_with_words_of_english(text: str, start: datetime) -> None:
    try:
        recurrence = parse_rule(text, start, "UTC")
    except RuleRefused:
        return
    said = german_rule_text(recurrence)
    assert not ENGLISH.search(said)
    assert "  " not in said
    assert re.findall(r"\d\d:\d\d", said) == re.findall(r"\d\d:\d\d", rule_text(recurrence))
