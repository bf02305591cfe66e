"""Decides which of the phrases of a text apply: a day, a time or a rule that is certain.

Of days that contradict each other none applies, and no time applies beside a day that does not.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time

from domain.quick_add.grammar import Candidate
from domain.quick_add.phrases import DayPart, Kind, Lead
from domain.record import Record

_GAP = re.compile(r"[\s,]{0,3}\Z")
_ALONE = re.compile(r"(?:[01][0-9]|2[0-3]):(?:00|15|30|45)\Z")  # other digits are a score or verse


class Choice(Record):
    """The phrases that apply, and `at`, the time of day that they give."""

    day: Candidate | None = None
    rule: Candidate | None = None
    start: Candidate | None = None
    until: Candidate | None = None
    part: Candidate | None = None
    clock_time: Candidate | None = None
    at: time | None = None

    @property
    def applied(self) -> Sequence[Candidate]:
        every = (self.day, self.rule, self.start, self.until, self.part, self.clock_time)
        return [each for each in every if each is not None]

    @property
    def date(self) -> date | None:
        return _day(self.day)

    @property
    def moment(self) -> datetime | None:
        return None if self.day is None else self.day.values[0].moment


def choose(text: str, found: Sequence[Candidate], *, without_rules: bool = False) -> Choice:
    """Return what applies of the candidates of a text; `without_rules` no rule does."""
    rules = [each for each in found if each.kind is Kind.RULE]
    days = [each for each in found if each.kind is Kind.DAY]
    rule = rules[0] if len(rules) == 1 and rules[0].certain and not without_rules else None
    day = start = until = None
    if rule is not None:
        certain = [each for each in days if each.certain]
        start = _only(each for each in certain if each.lead is Lead.START and _day(each))
        until = _only(each for each in certain if each.lead is Lead.UNTIL and _day(each))
        if len(certain) > len([each for each in (start, until) if each]):
            rule = start = until = None  # "yearly on 3 March": the day could belong to the rule
    elif not rules:
        day = _due_day(text, days)
    anchors = [each for each in (rule, day, start) if each is not None]
    ignored = [each for each in (*days, *rules) if each not in (rule, day, start, until)]
    parts = (each for each in found if each.kind is Kind.PART and each.sure)
    part = _only(each for each in parts if _beside(text, each, anchors, after=True))
    known = _part(anchors, part)
    times = [each for each in found if each.kind is Kind.TIME]
    chosen = _clock_time(text, times, [*anchors, *([part] if part else [])], ignored)
    at = _time(chosen, known)
    if at is None or (day is not None and day.values[0].moment) or (ignored and not anchors):
        chosen = None
    if chosen is None and times:
        part = known = None  # "tonight at midnight" is not at the time of tonight
    return Choice(
        day=day,
        rule=rule,
        start=start,
        until=until,
        part=part,
        clock_time=chosen,
        at=at if chosen else known.at if known else None,
    )


def beside(text: str, first: Candidate, second: Candidate) -> bool:
    """Whether nothing but blanks and commas is between two phrases."""
    earlier, later = sorted((first, second), key=lambda each: each.start)
    return bool(_GAP.fullmatch(text[earlier.end : later.start]))


def _clock_time(
    text: str,
    times: Sequence[Candidate],
    applied: Sequence[Candidate],
    ignored: Sequence[Candidate],
) -> Candidate | None:
    """Return the only time beside what applies, or else the only time of the text."""
    sure = [each for each in times if each.sure and not _beside(text, each, ignored)]
    near = [each for each in sure if _beside(text, each, applied)]
    far = [each for each in sure if not each.loose or _ALONE.search(text[each.start : each.end])]
    return _only(near or far)


def _due_day(text: str, days: Sequence[Candidate]) -> Candidate | None:
    plain = [each for each in days if each.certain and each.lead is not Lead.START]
    deadlines = [each for each in plain if each.lead in (Lead.DEADLINE, Lead.UNTIL)]
    day = _only(deadlines) or _only(plain)
    if day is None or (_only(deadlines) is None and len(deadlines) > 1):
        return None
    # "Monday until Friday" is a stretch of days.
    return None if _beside(text, day, [each for each in days if each is not day]) else day


def _beside(text: str, one: Candidate, others: Iterable[Candidate], *, after: bool = False) -> bool:
    return any(
        beside(text, one, other) and (not after or one.start >= other.end) for other in others
    )


def _only(found: Iterable[Candidate]) -> Candidate | None:
    several = list(found)
    return several[0] if len(several) == 1 else None


def _day(candidate: Candidate | None) -> date | None:
    return None if candidate is None else candidate.values[0].day


def _part(anchors: Sequence[Candidate], part: Candidate | None) -> DayPart | None:
    if part is not None:
        return part.values[0].part
    return next((each.values[0].part for each in anchors if each.values[0].part), None)


def _time(candidate: Candidate | None, part: DayPart | None) -> time | None:
    """Return the time of a phrase; the part of the day says which of two."""
    if candidate is None:
        return None
    times = [value.at for value in candidate.values if value.at is not None]
    if part is not None:
        times += [time(at.hour + 12, at.minute) for at in times if at.hour < 12 and len(times) == 1]
        within = [at for at in times if part.first <= at.hour <= part.last]
        return within[0] if len(within) == 1 else None
    return times[0] if len(times) == 1 else None
