"""Reads how long a task will take: "for 30 min", "(1h)", "~45m"."""

import re
from collections.abc import Sequence
from functools import cache

from domain.quick_add.draft import SpanKind, TextSpan
from domain.quick_add.phrases import Estimates, GrammarLanguage

LONGEST_HOURS = 6  # "~14h" and "(18h)" are times of day
# Other numbers with a bare m are rather metres than minutes.
BARE_MINUTES = frozenset(str(number) for number in range(5, 91, 5))


def read_estimate(
    low: str, language: GrammarLanguage, all_languages: Sequence[GrammarLanguage]
) -> TextSpan | None:
    """Return the estimate that a text has, in lower case and without what is read already.

    None: it has none, or several, or the duration may belong to something else, which a word of
    any language says.
    """
    words = set(re.findall(r"[^\W\d_]+", low))
    others, distances = (
        any(not words.isdisjoint(getattr(each.estimates, name)) for each in all_languages)
        for name in ("of_others", "distances")
    )
    found = [
        TextSpan(start=match.start(), end=match.end(), kind=SpanKind.ESTIMATE, value=value)
        for match in _pattern(language.estimates).finditer(low)
        if (value := _value(match, language, others=others, distances=distances)) is not None
    ]
    return found[0] if len(found) == 1 else None


def _value(
    match: re.Match[str], language: GrammarLanguage, *, others: bool, distances: bool
) -> str | None:
    mark = match["mark"]
    if mark.startswith("(") != bool(match["close"]):
        return None
    if not mark.startswith(("(", "\x7e")):
        ends = re.compile(rf"\s*(?:$|[\x01.,;:!?]|(?:{'|'.join(sorted(language.tails))})(?!\w))")
        if others or not ends.match(match.string, match.end()):
            return None
    if match["unit"] == "m" and (distances or match["minutes"] not in BARE_MINUTES):
        return None
    minutes = _minutes(match, language)
    hours, rest = divmod(minutes, 60)
    if not minutes or hours > LONGEST_HOURS:
        return None
    return f"PT{f'{hours}H' if hours else ''}{f'{rest}M' if rest else ''}"


def _minutes(match: re.Match[str], language: GrammarLanguage) -> int:
    if match["half"]:
        return 30
    if text := match["minutes"]:
        return int(text) if text.isdecimal() else language.counts[text]
    text = match["hours"].replace(",", ".")
    hours = float(language.counts.get(text, text))
    return round(hours * 60) + int(match["rest"] or match["short_rest"] or 0)


@cache
def _pattern(words: Estimates) -> re.Pattern[str]:
    blank = "[\\x20\\t\u00a0\u202f]{0,3}"
    counts = "|".join(sorted(words.counts, key=len, reverse=True))
    return re.compile(
        rf"(?<!\S)(?P<mark>\(\x7e?|\x7e|(?:{words.before}) ){blank}"
        rf"(?:(?P<half>{words.half_an_hour})"
        rf"|(?P<hours>[0-9]{{1,2}}(?:[.,](?:5|25|75))?|{counts}){blank}(?:{words.hour})"
        rf"(?:(?P<short_rest>[0-5][0-9])|{blank}(?P<rest>[0-5]?[0-9]){blank}(?:{words.minute}))?"
        rf"|(?P<minutes>[0-9]{{1,3}}|{counts}){blank}(?P<unit>{words.minute}))"
        rf"{blank}(?P<close>\))?(?=$|[\s\x01]|[.,;:!?]+(?:$|\s))"
    )
