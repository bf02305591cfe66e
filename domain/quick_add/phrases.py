"""The words and phrases of a language, and what a phrase may mean.

A pattern is a regular expression in which names in braces stand for the words of the language, a
space for one to three blanks and `~` for none to three.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum, auto
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from domain.record import Record
from domain.recurrence.local_time import wall_clock, zone

PROTECTED, TAKEN = "\x00", "\x01"  # stand in for what is read already


class Kind(Enum):
    DAY = auto()
    TIME = auto()
    PART = auto()  # a part of the day, such as the evening
    RULE = auto()
    REMINDER = auto()


class Lead(Enum):
    """What the word before a day or a time says about it."""

    NONE = auto()
    PLAIN = auto()  # on, at
    DEADLINE = auto()  # by, due
    UNTIL = auto()
    START = auto()  # from, starting
    UNSURE = auto()  # before, after: another day than the one that is named


class Clock(Record):
    """The moment and the time zone in which a text is read."""

    now: datetime
    timezone: str

    @property
    def zone(self) -> ZoneInfo:
        return zone(self.timezone)

    @property
    def local(self) -> datetime:
        return wall_clock(self.now, self.zone)

    @property
    def today(self) -> date:
        return self.local.date()


class DayPart(Record):
    """A part of the day: the time it stands for, and its first and last hour."""

    at: time
    first: int
    last: int


class Value(Record):
    """A meaning of a phrase: what is given of it. `rule` is in the plain words of a recurrence."""

    day: date | None = None
    at: time | None = None
    moment: datetime | None = None
    part: DayPart | None = None
    rule: Mapping[str, Any] | None = None
    length: tuple[int, str] | None = None  # how long the rule goes on
    reminders: tuple[str, ...] = ()


class Found(Record):
    """The groups of a phrase that was found, in lower case."""

    groups: Mapping[str, str | None]
    language: "GrammarLanguage"

    def text(self, name: str) -> str:
        return self.groups.get(name) or ""

    def number(self, name: str) -> int | None:
        text = self.text(name)
        return int(text) if text else None

    @property
    def weekday(self) -> int | None:
        return self.language.weekdays.get(self.text("weekday").rstrip("."))

    @property
    def month(self) -> int | None:
        name = self.text("month").rstrip(".")
        return self.language.months.get(name) or self.number("month_number")

    @property
    def count(self) -> int:
        text = self.text("count")
        return int(text) if text.isdecimal() else self.language.counts[text]

    @property
    def part(self) -> DayPart | None:
        return self.language.parts.get(self.text("part"))


Reader: TypeAlias = Callable[[Found, Clock], Sequence[Value]]


class Phrase(Record):
    """A pattern and what it means: no value (a day that is none), one, or several to choose from.

    `sure=False`: people mean it otherwise as often. `exposed`: it counts only with a lead, or
    where no word follows that it could belong to ("2 May tickets"). `attributive`: the same,
    but at the start of a text it counts ("Prepare Friday lunch", "Friday lunch"). `led`: it
    needs both. `loose`: it counts only with a lead or beside a day. `bare`: it needs a lead,
    and one of the other two. `period`: longer than a day, so no deadline.
    """

    pattern: str
    read: Reader
    sure: bool = True
    exposed: bool = False
    attributive: bool = False
    led: bool = False
    loose: bool = False
    bare: bool = False
    period: bool = False


class Estimates(Record):
    """The words of estimates: patterns of what comes before a duration and of units, and the
    numbers in words. Beside `of_others` a duration belongs to something else than the task, and
    beside `distances` an m is a metre."""

    before: str
    half_an_hour: str
    hour: str
    minute: str
    counts: frozenset[str]
    of_others: frozenset[str]
    distances: frozenset[str]


class Doubts(Record):
    """The words beside which a day or a time need not be when something is due.

    `verbs_before` and `verbs_after` have the day as their object ("cancel Friday"): the former at
    the start of a text or after `asking`, and `verbs_alone`, after the day, only where nothing is
    before it. `joining` are words after which a day is one of several things. `works` begin a text
    about titles of books, films and songs. `settings` and `devices` together are about a time to
    set. `adverbs` have a capital in a title only, `acronyms` are all capitals. `sizes` follow a
    number that is no date. `compounds` are second parts of nouns, such as "land" in "Morgenland".
    """

    verbs_before: frozenset[str]
    verbs_after: frozenset[str]
    verbs_alone: frozenset[str]
    asking: frozenset[str]
    joining: frozenset[str]
    works: frozenset[str]
    settings: frozenset[str]
    devices: frozenset[str]
    adverbs: frozenset[str]
    acronyms: frozenset[str]
    sizes: frozenset[str]
    compounds: frozenset[str]


class GrammarLanguage(Record):
    """The words of a language and its phrases; all words are in lower case.

    In a language with `capitals`, a capital letter marks a name. `names` are words after which
    a number is a name, `determiners` those after which a time is a part of one, `name_ends`
    those that make a name of the day or time before them, `tails` those that may follow a bare
    number, `evenings` those of what people do in the evening, and `common` those by which the
    language is known, beside those of its days.
    """

    name: str
    capitals: bool
    weekdays: Mapping[str, int]
    months: Mapping[str, int]
    counts: Mapping[str, int]
    units: Mapping[str, str]
    nth: Mapping[str, str]
    parts: Mapping[str, DayPart]
    leads: Mapping[str, Lead]
    time_leads: Mapping[str, Lead]
    names: frozenset[str]
    name_ends: frozenset[str]
    tails: frozenset[str]
    evenings: frozenset[str]
    determiners: frozenset[str]
    common: frozenset[str]
    words: Mapping[str, str]
    estimates: Estimates
    doubts: Doubts
    phrases: Mapping[Kind, Sequence[Phrase]]

    @property
    def vocabulary(self) -> frozenset[str]:
        """The words of this language that a text has."""
        return self.common.union(self.weekdays, self.months, self.counts, self.units, self.parts)


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())
