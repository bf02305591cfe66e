"""Reads a task from a line of text: `read_draft`."""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cache

from domain.errors import QuickAddRefused
from domain.quick_add.choice import Choice, choose
from domain.quick_add.draft import Draft, SpanKind, TextSpan
from domain.quick_add.estimates import read_estimate
from domain.quick_add.grammar import Candidate, Grammar
from domain.quick_add.languages.english import ENGLISH
from domain.quick_add.languages.german import GERMAN
from domain.quick_add.marks import hidden, lowered, protected, read_marks
from domain.quick_add.phrases import TAKEN, Clock, Kind
from domain.quick_add.recurring import Recurring, recurring
from domain.quick_add.spans import alternatives_of, spans_of, title_of
from domain.recurrence.local_time import resolve, zone_name
from domain.vocabulary import Priority

MAX_LENGTH = 500  # code points, as of a title
LANGUAGES = {language.name: language for language in (ENGLISH, GERMAN)}
_WORD = re.compile(r"[^\W\d_]{1,30}")


def read_draft(
    text: str,
    now: datetime,
    timezone: str,
    *,
    language: str | None = None,
    kept: Sequence[tuple[int, int]] = (),
    lists: Collection[str] | None = None,
) -> Draft:
    """Return the task that a text describes at the instant `now` in a time zone.

    `language` is en or de; without it the words of the text decide. The parts `kept` (start, end)
    stay title, as quotes do; so does @name if `lists`, the keys of the lists there are (see
    `list_key`), are given without it.

    Raises:
        QuickAddRefused: the text is longer than `MAX_LENGTH`, or the language is unknown.
        RuleRefused: there is no such time zone.
    """
    if len(text) > MAX_LENGTH:
        raise QuickAddRefused("text", f"text has more than {MAX_LENGTH} characters.")
    if language is not None and language not in LANGUAGES:
        raise QuickAddRefused("language", f"language is one of {', '.join(LANGUAGES)}.")
    clock = Clock(now=now.astimezone(UTC), timezone=zone_name(timezone))
    low = protected(lowered(text), kept)
    marks = tuple(read_marks(text, low, lists=lists))
    for mark in marks:
        low = hidden(low, mark.start, mark.end, TAKEN)
    names = [language] if language else list(LANGUAGES)
    drafts = [_draft(text, low, clock, _grammar(name), marks) for name in names]
    votes = [_votes(low, name) for name in names]
    if max(votes) > min(votes):
        return drafts[votes.index(max(votes))]
    return max(drafts, key=_found)


def _draft(
    text: str, low: str, clock: Clock, grammar: Grammar, marks: tuple[TextSpan, ...]
) -> Draft:
    reminders = grammar.find(text, low, clock, [Kind.REMINDER])
    rules = grammar.find(text, _without(low, reminders), clock, [Kind.RULE])
    rest = _without(low, [*reminders, *rules])
    found = [*rules, *grammar.find(text, rest, clock, [Kind.DAY, Kind.TIME, Kind.PART])]
    choice = choose(low, found)
    series = _recurring(choice, clock)
    if choice.rule is not None and series is None:
        choice = choose(low, found, without_rules=True)
    due_on, due_at = None, choice.moment
    if series is not None or choice.date is not None or choice.at is not None:
        wall = series.first if series else _wall(choice, clock)
        due_on = wall.date() if choice.at is None else None
        due_at = resolve(wall, clock.zone) if choice.at is not None else None
    dated = due_on is not None or due_at is not None
    spans = [*marks, *spans_of(low, choice, series, reminders if dated else [])]
    rest = _without(low, [*choice.applied, *reminders])
    estimate = read_estimate(rest, grammar.language, list(LANGUAGES.values()))
    if estimate is not None:
        spans.append(estimate)
    spans.sort(key=lambda span: span.start)
    priority = next((s.value for s in marks if s.kind is SpanKind.PRIORITY), None)
    lengths = [each for found in reminders if dated for each in found.values[0].reminders]
    return Draft(
        text=text,
        timezone=clock.timezone,
        title=title_of(text, spans),
        due_on=due_on,
        due_at=due_at,
        rule=series.rule if series else None,
        start=series.first if series else None,
        priority=Priority(priority) if priority else None,
        tags=tuple(dict.fromkeys(s.value for s in marks if s.kind is SpanKind.TAG)),
        reminders=tuple(dict.fromkeys(lengths)),
        list_name=next((s.value for s in marks if s.kind is SpanKind.LIST), None),
        estimate=estimate.value if estimate else None,
        spans=spans,
        alternatives=alternatives_of(found, choice),
    )


def _recurring(choice: Choice, clock: Clock) -> Recurring | None:
    if choice.rule is None:
        return None
    start = choice.start.values[0].day if choice.start else None
    until = choice.until.values[0].day if choice.until else None
    return recurring(choice.rule.values[0], clock, choice.at, start, until)


def _wall(choice: Choice, clock: Clock) -> datetime:
    """Return the day and time of a choice; a time without a day is the next such time."""
    at = choice.at or time(0)
    if choice.date is not None:
        return datetime.combine(choice.date, at)
    today = datetime.combine(clock.today, at)
    return today if resolve(today, clock.zone) > clock.now else today + timedelta(days=1)


def _without(low: str, found: Sequence[Candidate]) -> str:
    for each in found:
        low = hidden(low, each.start, each.end, TAKEN)
    return low


def _votes(low: str, name: str) -> int:
    vocabulary = LANGUAGES[name].vocabulary
    return sum(word in vocabulary for word in _WORD.findall(low))


def _found(draft: Draft) -> tuple[int, int]:
    return sum(span.end - span.start for span in draft.spans), len(draft.alternatives)


@cache
def _grammar(name: str) -> Grammar:
    return Grammar(LANGUAGES[name], LANGUAGES.values())
