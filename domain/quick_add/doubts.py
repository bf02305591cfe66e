"""Says where the words beside a day or a time show that it may be no due date: `doubtful`."""

import re
from collections.abc import Sequence

from domain.quick_add.phrases import Doubts, Kind

# The words of "15:30 verschieben" do not say that it is German before they are read.
OF_ALL_LANGUAGES = ("verbs_before", "verbs_after", "asking", "joining", "sizes")
_WORD = re.compile(r"[^\W_]{1,30}")
_NEXT = re.compile("[\\x20\\t\u00a0\u202f]{1,3}(?P<word>[^\\W\\d_]{1,30})")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_DOTTED = re.compile(r"[0-9]{1,2}\.\s{0,3}[0-9]{1,2}\.\Z")
_OUTLINE = re.compile(r"[1-9]\.\s{0,3}[1-9]\.\Z")


def doubtful(
    text: str, match: re.Match[str], kind: Kind, doubts: Doubts, *, helped: bool, ends: bool
) -> bool:
    """Whether a phrase of a text, matched in lower case, may say something else than when.

    `helped` is whether a word before the phrase, such as "on", makes it a day or a time, and `ends`
    whether no word follows that it could belong to.
    """
    if _ISO.match(match[0]):
        return False  # nobody writes so what is no date
    low, end = match.string, match.end()
    before = _WORD.findall(text[: match.start()])
    after = _NEXT.match(text, end)
    word = after["word"] if after else ""
    if kind is Kind.PART:
        return _is_compound(text, match, word, doubts)
    capital = bool(before) and text[match.start()].isupper() and not text.isupper()
    if match[0] in doubts.acronyms and text[match.start() : end].isupper():
        return not text.isupper()  # "Study for SAT"
    if kind is Kind.TIME and _sets_a_device(low, doubts):
        return True
    if capital and before[0].lower() in doubts.works:
        # "Read Darkness at Noon", "Watch Next Friday"
        titled = kind is Kind.TIME if helped else _is_in_title(before, word)
        if titled:
            return True
    if helped:
        return False
    if _is_object([each.lower() for each in before], word.lower(), doubts):
        return True
    if before and before[-1].lower() in doubts.joining:
        return True
    if capital and match[0] in doubts.adverbs and not ends:
        return True
    outline = _OUTLINE.match(match[0]) and not ends  # "1.2. Introduction"
    sized = word.lower() in doubts.sizes and _DOTTED.match(match[0])
    return bool(outline or sized) or _is_compound(text, match, word, doubts)


def _is_object(before: Sequence[str], after: str, doubts: Doubts) -> bool:
    """Whether the day may be the object of the verb beside it: "Cancel Friday"."""
    if before and before[-1] in doubts.verbs_before:
        return len(before) == 1 or before[-2] in doubts.asking
    return after in doubts.verbs_after or (not before and after in doubts.verbs_alone)


def _sets_a_device(low: str, doubts: Doubts) -> bool:
    words = set(_WORD.findall(low))
    return not (words.isdisjoint(doubts.settings) or words.isdisjoint(doubts.devices))


def _is_in_title(before: Sequence[str], after: str) -> bool:
    """Whether capitals beside it make a phrase part of a title: "Watch Any Given Sunday"."""
    # After "listen to" all is title.
    return len(before) == 1 or before[-1] == "to" or before[-1].istitle() or after.istitle()


def _is_compound(text: str, match: re.Match[str], after: str, doubts: Doubts) -> bool:
    """Whether a phrase is the first part of a noun: where nouns have capitals, "Morgen land"."""
    return text[match.start()].isupper() and after in doubts.compounds
