"""Says which parts of a text a draft was read from, and what remains as its title."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC

from domain.quick_add.choice import Choice, beside
from domain.quick_add.draft import Alternative, SpanKind, TextSpan
from domain.quick_add.grammar import Candidate
from domain.quick_add.phrases import Kind, Value
from domain.quick_add.recurring import Recurring, rule_text

SEPARATORS = " \t\u00a0\u202f,;:–—-"  # of words; at the ends of a title they separate nothing
_BEFORE_COMMA = re.compile(r" ([,;])(?= |$)")
_LOOSE_END = re.compile(r"[\s,;:–—-]+([.!?]+)\Z")
_EMPTY = re.compile(r"\([\s,]*\)|\[[\s,]*\]")


def spans_of(
    low: str, choice: Choice, series: Recurring | None, reminders: Sequence[Candidate]
) -> Iterator[TextSpan]:
    """Yield the spans of what applies, in no order; a day and a time beside it are one span."""
    if series is not None and choice.rule is not None:
        yield _span(choice.rule, SpanKind.RECURRENCE, series.rule)
    for candidate, kind in ((choice.start, SpanKind.START), (choice.until, SpanKind.UNTIL)):
        if candidate is not None:
            yield _span(candidate, kind, _written(candidate.values[0]))
    for reminder in reminders:
        yield _span(reminder, SpanKind.REMINDER, ",".join(reminder.values[0].reminders))
    pieces = [each for each in (choice.day, choice.part, choice.clock_time) if each is not None]
    at = None if choice.at is None else f"{choice.at:%H:%M}"
    for group in _groups(low, sorted(pieces, key=lambda piece: piece.start)):
        day = choice.day if choice.day in group else None
        value = _written(day.values[0]) if day else ""
        if at and (day is None or len(group) > 1 or day.values[0].part):
            value = f"{value}T{at}" if value else at
        yield TextSpan(start=group[0].start, end=group[-1].end, kind=SpanKind.DUE, value=value)


def alternatives_of(found: Iterable[Candidate], choice: Choice) -> list[Alternative]:
    """Return what could be meant as well, in the order of the text."""
    return [
        Alternative(
            start=each.start,
            end=each.end,
            kind=SpanKind.RECURRENCE if each.kind is Kind.RULE else SpanKind.DUE,
            values=values,
        )
        for each in sorted(found, key=lambda each: each.start)
        if each not in choice.applied and each.kind is not Kind.PART
        if (values := tuple(value for one in each.values if (value := _written(one))))
    ]


def title_of(text: str, spans: Sequence[TextSpan]) -> str:
    """Return what is in no span, in one line: every word of the text is in a span or here."""
    kept, end = [], 0
    for span in spans:
        kept.append(text[end : span.start])
        end = span.end
    if not spans:
        return text.strip()
    rest = _EMPTY.sub(" ", " ".join([*kept, text[end:]]))
    rest = _BEFORE_COMMA.sub(r"\1", " ".join(rest.split()))
    return _LOOSE_END.sub(r"\1", rest).strip(SEPARATORS)


def _groups(low: str, pieces: Sequence[Candidate]) -> list[list[Candidate]]:
    groups: list[list[Candidate]] = []
    for piece in pieces:
        if groups and beside(low, groups[-1][-1], piece):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups


def _span(candidate: Candidate, kind: SpanKind, value: str) -> TextSpan:
    return TextSpan(start=candidate.start, end=candidate.end, kind=kind, value=value)


def _written(value: Value) -> str:
    """Return a value as text; empty if no rule can be so."""
    if value.rule is not None:
        return rule_text(value) or ""
    if value.moment is not None:
        return f"{value.moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if value.day is not None:
        return value.day.isoformat()
    return f"{value.at:%H:%M}" if value.at else ""
