"""What quick add reads from a text: the fields of a task, and where in the text each was found."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from domain.record import Record
from domain.vocabulary import Priority


class SpanKind(StrEnum):
    """What a part of the text says about the task."""

    DUE = "due"
    RECURRENCE = "recurrence"
    START = "start"
    UNTIL = "until"
    REMINDER = "reminder"
    TAG = "tag"
    LIST = "list"
    PRIORITY = "priority"
    ESTIMATE = "estimate"


class TextSpan(Record):
    """The part of the text from `start` to before `end`, in code points, and its meaning.

    `value` of due, start and until: a day 2027-03-05, a wall time 2027-03-05T17:00, a time of day
    17:00 or an instant 2027-03-05T16:00:00Z; of recurrence: RFC 5545 text; of a reminder: ISO 8601
    durations separated by commas; of an estimate: an ISO 8601 duration.
    """

    start: int
    end: int
    kind: SpanKind
    value: str


class Alternative(Record):
    """A part of the title that could mean a day, a time or a rule, but need not: `values`."""

    start: int
    end: int
    kind: SpanKind
    values: tuple[str, ...]


class Draft(Record):
    """A task as a text describes it; what is in no span is the title.

    Either `due_on` or `due_at` (UTC), or neither. With a `rule` (RFC 5545) both are its first
    occurrence, and `start` is the same as a wall time, midnight for a day.
    """

    text: str
    timezone: str
    title: str
    due_on: date | None = None
    due_at: datetime | None = None
    rule: str | None = None
    start: datetime | None = None
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    reminders: tuple[str, ...] = ()
    list_name: str | None = None
    estimate: str | None = None
    spans: Sequence[TextSpan] = ()
    alternatives: Sequence[Alternative] = ()
