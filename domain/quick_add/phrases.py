"""Phrases of a language, and where a text has them.

A pattern is a regular expression in which names in braces stand for the words of the language, a
space for one to three blanks and `~` for none to three. Every repetition is bounded, so that the
time to search a text grows with its length alone.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum, auto
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from domain.record import Record
from domain.recurrence.local_time import wall_clock, zone

PROTECTED, TAKEN = "\x00", "\x01"  # stand in for what is read already

_BLANK = "[\\x20\\t\u00a0\u202f]"
_BEFORE = r"(?<![^\s(\[{,;:])"
_AFTER = r"(?=$|\s|\x01|[.,;:!?)\]}…]+(?:$|\s))"
_LONGEST_LEAD = 40
_NUMBER = {"day": 2, "hour": 2, "month_number": 2, "week": 2}


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


class Part(Record):
    """A part of the day: the time it stands for, and its first and last hour."""

    at: time
    first: int
    last: int


class Value(Record):
    """A meaning of a phrase: what is given of it. `rule` is in the plain words of a recurrence."""

    day: date | None = None
    at: time | None = None
    moment: datetime | None = None
    part: Part | None = None
    rule: Mapping[str, Any] | None = None
    length: tuple[int, str] | None = None  # how long the rule goes on
    reminders: tuple[str, ...] = ()


class Found(Record):
    """The groups of a phrase that was found, in lower case."""

    groups: Mapping[str, str | None]
    language: "Language"

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
    def part(self) -> Part | None:
        return self.language.parts.get(self.text("part"))


Reader: TypeAlias = Callable[[Found, Clock], Sequence[Value]]


class Phrase(Record):
    """A pattern and what it means: no value (a day that is none), one, or several to choose from.

    `sure=False`: people mean it otherwise as often. `exposed`: it counts only with a lead, or
    where no word follows that it could belong to ("2 May tickets"). `led`: it needs both. `loose`:
    it counts only with a lead or beside a day. `period`: longer than a day, so no deadline.
    """

    pattern: str
    read: Reader
    sure: bool = True
    exposed: bool = False
    led: bool = False
    loose: bool = False
    period: bool = False


class Language(Record):
    """The words of a language and its phrases; all words are in lower case.

    `names` are words after which a number is a name, `tails` those that may follow a bare number,
    `common` those by which the language is known.
    """

    name: str
    weekdays: Mapping[str, int]
    months: Mapping[str, int]
    counts: Mapping[str, int]
    units: Mapping[str, str]
    nth: Mapping[str, str]
    parts: Mapping[str, Part]
    leads: Mapping[str, Lead]
    time_leads: Mapping[str, Lead]
    names: frozenset[str]
    tails: frozenset[str]
    common: frozenset[str]
    words: Mapping[str, str]
    phrases: Mapping[Kind, Sequence[Phrase]]


class Candidate(Record):
    """A phrase in a text, and what it may mean."""

    start: int
    end: int
    kind: Kind
    values: Sequence[Value]
    sure: bool
    loose: bool
    lead: Lead

    @property
    def certain(self) -> bool:
        return self.sure and len(self.values) == 1


class Grammar:
    """The compiled phrases of a language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._tail = re.compile(
            rf"{_BLANK}{{0,3}}(?:$|[\x00\x01.,;:!?)\]}}–-]|(?:{_any(language.tails)})(?!\w)"
            r"|[0-9]{1,2}(?::[0-9]{2}| uhr| ?[ap]m))"
        )
        self._leads = {
            Kind.DAY: self._compile_leads(language.leads),
            Kind.TIME: self._compile_leads(language.time_leads),
        }
        self._patterns = [
            (kind, phrase, self._compile(phrase))
            for kind, phrases in language.phrases.items()
            for phrase in phrases
        ]

    def find(self, text: str, clock: Clock, kinds: Iterable[Kind]) -> list[Candidate]:
        """Return the phrases of these kinds in a lower-case text; of two that overlap, the longer."""
        wanted = frozenset(kinds)
        found = [
            candidate
            for kind, phrase, pattern in self._patterns
            if kind in wanted
            for match in pattern.finditer(text)
            if (candidate := self._candidate(kind, phrase, match, clock)) is not None
        ]
        return list(_without_overlaps(found))

    def _candidate(
        self, kind: Kind, phrase: Phrase, match: re.Match[str], clock: Clock
    ) -> Candidate | None:
        start, lead = self._lead(kind, match)
        helped = lead not in (Lead.NONE, Lead.UNSURE)
        if phrase.led and not (helped and self._ends(match)):
            return None
        values = phrase.read(Found(groups=match.groupdict(), language=self.language), clock)
        if lead is Lead.NONE and match[0][0].isdecimal() and self._is_named(match):
            values = ()
        sure = phrase.sure and lead is not Lead.UNSURE
        if phrase.exposed and not helped and not self._ends(match):
            sure = False
        if phrase.period and lead in (Lead.DEADLINE, Lead.UNTIL):
            sure = False
        return Candidate(
            start=start,
            end=match.end(),
            kind=kind,
            values=values,
            sure=sure,
            loose=phrase.loose and not helped,
            lead=lead,
        )

    def _ends(self, match: re.Match[str]) -> bool:
        return self._tail.match(match.string, match.end()) is not None

    def _is_named(self, match: re.Match[str]) -> bool:
        """Whether the word before a number makes it a name, as in "room 12"."""
        before = match.string[max(0, match.start() - 30) : match.start()].split()
        return bool(before) and before[-1].rstrip(".:#") in self.language.names

    def _lead(self, kind: Kind, match: re.Match[str]) -> tuple[int, Lead]:
        """Return where a phrase begins with its lead, and the lead."""
        start = match.start()
        if kind not in self._leads:
            return start, Lead.NONE
        found = self._leads[kind].search(match.string, max(0, start - _LONGEST_LEAD), start)
        if found is None:
            return start, Lead.NONE
        leads = self.language.leads if kind is Kind.DAY else self.language.time_leads
        return found.start(), leads[" ".join(found["lead"].split())]

    def _compile_leads(self, leads: Iterable[str]) -> re.Pattern[str]:
        articles = self.language.words["articles"]
        pattern = f"(?P<lead>{_any(leads)}) (?:(?:{articles}) )?"
        return re.compile(_BEFORE + _blanks(pattern) + r"\Z")

    def _compile(self, phrase: Phrase) -> re.Pattern[str]:
        language, pattern = self.language, f"(?:{phrase.pattern})"
        weekday, month = _any(language.weekdays), _any(language.months)
        expansions = {
            **language.words,
            "weekday": rf"(?P<weekday>{weekday})\.?",
            "weekdays": rf"(?P<weekdays>(?:{weekday})(?:(?:,~|~/~|~\+~|~&~| {language.words['and']} )"
            rf"(?:{weekday})){{0,6}})",
            "month": rf"(?P<month>{month})\.?",
            "count": rf"(?P<count>[0-9]{{1,3}}|{_any(language.counts)})",
            "unit": f"(?P<unit>{_any(language.units)})",
            "nth": f"(?P<nth>{_any(language.nth)})",
            "part": f"(?P<part>{_any(language.parts)})",
            "minute": "(?P<minute>[0-5][0-9])",
            "year": "(?P<year>[12][0-9]{3})",
            **{name: f"(?P<{name}>[0-9]{{1,{most}}})" for name, most in _NUMBER.items()},
        }
        for name, expansion in expansions.items():
            pattern = pattern.replace(f"{{{name}}}", expansion)
        return re.compile(_BEFORE + _blanks(pattern) + _AFTER)


def _blanks(pattern: str) -> str:
    # The class of blanks has none itself, but an escape.
    return pattern.replace("~", f"{_BLANK}{{0,3}}").replace(" ", f"{_BLANK}{{1,3}}")


def _any(words: Iterable[str]) -> str:
    """Return an alternation that prefers the longer of two words."""
    return "|".join(re.escape(word).replace("\\ ", " ") for word in sorted(words, key=_longest))


def _longest(word: str) -> tuple[int, str]:
    return -len(word), word


def _without_overlaps(found: list[Candidate]) -> Iterator[Candidate]:
    taken: set[int] = set()
    for each in sorted(found, key=lambda each: (each.start - each.end, not each.sure, each.start)):
        if taken.isdisjoint(range(each.start, each.end)):
            taken.update(range(each.start, each.end))
            yield each
