"""Finds the phrases of a language in a text: compiles their patterns, and reads the words before.

Every repetition in a pattern is bounded, so that the time to search a text grows with its length
alone.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from domain.quick_add.doubts import OF_ALL_LANGUAGES, doubtful
from domain.quick_add.phrases import Clock, Found, GrammarLanguage, Kind, Lead, Phrase, Value
from domain.quick_add.times import also_in_the_evening
from domain.record import Record

_BLANK = "[\\x20\\t\u00a0\u202f]"
_BEFORE = r"(?<![^\s(\[{,;:])"
_AFTER = r"(?=$|\s|\x01|[.,;:!?)\]}…]{1,10}(?:$|\s))"
_LONGEST_LEAD = 40
_NEXT_WORD = re.compile(rf"{_BLANK}{{1,3}}(?P<word>[^\W\d_]{{1,30}})")
_NUMBER = {"day": 2, "hour": 2, "month_number": 2, "week": 2}


class Candidate(Record):
    """A phrase in a text, and what it may mean."""

    start: int
    end: int
    kind: Kind
    values: Sequence[Value]
    sure: bool
    loose: bool
    lead: Lead
    lead_length: int = 0

    @property
    def certain(self) -> bool:
        return self.sure and len(self.values) == 1


class Grammar:
    """The compiled phrases of a language."""

    def __init__(self, language: GrammarLanguage, others: Iterable[GrammarLanguage] = ()) -> None:
        """Compile the phrases of a language; names may be of the other languages too."""
        self.language = language
        every = (language, *others)
        self._names = _together(each.names for each in every)
        self._name_ends = _together(each.name_ends for each in every)
        self._doubts = replace(
            language.doubts,
            **{
                name: _together(getattr(each.doubts, name) for each in every)
                for name in OF_ALL_LANGUAGES
            },
        )
        self._tail = re.compile(
            rf"(?:{_BLANK}{{1,3}}(?:{_any(language.parts)}))?{_BLANK}{{0,3}}"
            rf"(?:$|[\x00\x01.,;:!?)\]}}–-]|(?:{_any(language.tails)})(?!\w)"
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

    @property
    def patterns(self) -> list[str]:
        """The regular expressions of all phrases."""
        return [pattern.pattern for _, _, pattern in self._patterns]

    def find(self, text: str, low: str, clock: Clock, kinds: Iterable[Kind]) -> list[Candidate]:
        """Return the phrases of these kinds in a text, the longer of two that overlap.

        `low` is the text in lower case without what is read already.
        """
        wanted = frozenset(kinds)
        found = [
            candidate
            for kind, phrase, pattern in self._patterns
            if kind in wanted
            for match in pattern.finditer(low)
            if (candidate := self._candidate(text, kind, phrase, match, clock)) is not None
        ]
        return list(_without_overlaps(found))

    def _candidate(
        self, text: str, kind: Kind, phrase: Phrase, match: re.Match[str], clock: Clock
    ) -> Candidate | None:
        start, lead = self._lead(kind, match)
        helped = lead not in (Lead.NONE, Lead.UNSURE)
        ends = self._ends(match)
        if (phrase.led and not (helped and ends)) or (phrase.bare and not helped):
            return None
        capitals = self.language.capitals and not text.isupper()
        if phrase.bare and capitals and text[match.end() : match.end() + 2].strip().isupper():
            return None  # "at 9 Elm Street"
        values = phrase.read(Found(groups=match.groupdict(), language=self.language), clock)
        if kind is Kind.TIME and phrase.bare and self._is_of_evening(match):
            values = also_in_the_evening(values)
        if lead is Lead.NONE and self._is_name(kind, match):
            values = ()
        sure = phrase.sure and lead is not Lead.UNSURE
        exposed = phrase.exposed or (phrase.attributive and bool(match.string[:start].strip()))
        if exposed and not helped and not ends:
            sure = False
        if kind is Kind.DAY and capitals and start > 0 and _is_title(text, match):
            sure = False
        if doubtful(text, match, kind, self._doubts, helped=helped, ends=ends):
            sure = False
        if phrase.period and lead in (Lead.DEADLINE, Lead.UNTIL):
            sure = False
        return Candidate(
            start=start,
            end=match.end(),
            kind=kind,
            values=values,
            sure=sure,
            # "Buy 9 AM perfume": in the middle of words, a time alone is rather a part of a name.
            loose=(phrase.loose and not helped)
            or (phrase.bare and not ends)
            or (kind is Kind.TIME and not helped and not ends and start > 0),
            lead=lead,
            lead_length=match.start() - start,
        )

    def _ends(self, match: re.Match[str]) -> bool:
        return self._tail.match(match.string, match.end()) is not None

    def _is_name(self, kind: Kind, match: re.Match[str]) -> bool:
        """Whether a word beside a phrase makes it a name.

        The word before a number does in "room 12" or "the 5pm train", the word after a day or time
        in "11 September memorial".
        """
        if (kind is Kind.TIME or _names_month(match)) and self._ends_as_name(match):
            return True
        if not match[0][0].isdecimal():
            return False
        before = match.string[max(0, match.start() - 30) : match.start()].split()
        names = self._names | (self.language.determiners if kind is Kind.TIME else frozenset())
        return bool(before) and before[-1].rstrip(".:#") in names

    def _ends_as_name(self, match: re.Match[str]) -> bool:
        after = _NEXT_WORD.match(match.string, match.end())
        return after is not None and after["word"] in self._name_ends

    def _is_of_evening(self, match: re.Match[str]) -> bool:
        return not self.language.evenings.isdisjoint(match.string.split())

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
            "weekdays": rf"(?P<weekdays>(?:{weekday})(?:(?:,~|~[/+&]~| {language.words['and']} )"
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


def _together(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*sets)


def _blanks(pattern: str) -> str:
    # The class of blanks has none itself, but an escape.
    return pattern.replace("~", f"{_BLANK}{{0,3}}").replace(" ", f"{_BLANK}{{1,3}}")


def _any(choices: Iterable[str]) -> str:
    """Return an alternation that prefers the longer of two words."""
    return "|".join(re.escape(word).replace("\\ ", " ") for word in sorted(choices, key=_longest))


def _longest(word: str) -> tuple[int, str]:
    return -len(word), word


def _names_month(match: re.Match[str]) -> bool:
    groups = match.groupdict()
    return bool(groups.get("month") or groups.get("month_number"))


def _is_title(text: str, match: re.Match[str]) -> bool:
    """Whether a capital makes a day part of a name: "The Day After Tomorrow"."""
    groups, found = match.groupdict(), text[match.start() : match.end()]
    named = groups.get("weekday") or groups.get("month")
    return not named and found[0].isupper() and not found.isupper()


def _without_overlaps(found: list[Candidate]) -> Iterator[Candidate]:
    taken: set[int] = set()
    for each in sorted(found, key=_precedence):
        if taken.isdisjoint(range(each.start, each.end)):
            taken.update(range(each.start, each.end))
            yield each


def _precedence(each: Candidate) -> tuple[int, bool, int, int]:
    # "am Morgen" as a phrase says more than "morgen" with a lead.
    return each.start - each.end, not each.sure, each.lead_length, each.start
