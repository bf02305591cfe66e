"""Reads marks, which need no language: #tag, @list and !priority; and finds what is never read."""

import re
from collections.abc import Collection, Iterator, Sequence

from domain.quick_add.draft import SpanKind, TextSpan
from domain.quick_add.phrases import PROTECTED
from domain.vocabulary import Priority

MAX_TAGS = 50
_MAX_LENGTH = 50
_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_PRIORITIES = {
    **dict.fromkeys(("!high", "!hoch", "!1", "p1"), Priority.HIGH),
    **dict.fromkeys(("!medium", "!mittel", "!2", "p2"), Priority.MEDIUM),
    **dict.fromkeys(("!low", "!niedrig", "!3", "p3"), Priority.LOW),
}
_MARK = re.compile(
    r"(?<!\S)(?:(?P<sign>[#@])(?P<name>[^\s,#@\x00-\x1f\x7f]{1,60})"
    r"|(?P<priority>![a-z1-3]{1,8}|p[1-3]))(?=$|[\s.,;:!?)])"
)
# Quotes with their ends, code, and what is an address.
_NEVER_READ = re.compile(
    r'"[^"]{1,500}"|“[^”]{1,500}”|„[^“”]{1,500}[“”]|«[^»]{1,500}»|»[^«]{1,500}«|`[^`]{1,500}`'
    r"|(?<!\S)[a-z][a-z+.-]{1,20}://\S{1,500}|(?<!\S)www\.\S{1,500}|[^\s@]{1,64}@[^\s@]{1,255}\.[a-z]{2,20}"
)


def lowered(text: str) -> str:
    """Return the text in lower case with every character where it was."""
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def protected(low: str, kept: Sequence[tuple[int, int]]) -> str:
    """Return a lower-case text without what is never read: quotes, code, addresses and `kept`."""
    for start, end in (*kept, *(match.span() for match in _NEVER_READ.finditer(low))):
        low = hidden(low, start, end, PROTECTED)
    return low


def hidden(text: str, start: int, end: int, sign: str) -> str:
    start, end = max(0, start), min(len(text), end)
    return text[:start] + sign * max(0, end - start) + text[end:]


def list_key(name: str) -> str:
    """Return what two spellings of the name of a list have in common: @to-do is "To do"."""
    return _BETWEEN_WORDS.sub("", name.casefold())


def read_marks(text: str, low: str, *, lists: Collection[str] | None) -> Iterator[TextSpan]:
    """Yield tags, the first list and the first priority of a text; `low` is it in lower case.

    `lists` are the keys of the lists there are; None: any name is one.
    """
    tags = 0
    single: set[SpanKind] = set()
    for match in _MARK.finditer(low):
        start, end = match.span()
        if word := match["priority"]:
            kind, value = SpanKind.PRIORITY, _priority(word)
        else:
            end -= len(match["name"]) - len(match["name"].rstrip(".:;!?)"))
            kind = SpanKind.TAG if match["sign"] == "#" else SpanKind.LIST
            value = _name(text[start + 1 : end])
        if value is None or kind in single:
            continue
        if kind is SpanKind.LIST and lists is not None and list_key(value) not in lists:
            continue
        if kind is SpanKind.TAG:
            tags += 1
            if tags > MAX_TAGS:
                continue
        else:
            single.add(kind)
        yield TextSpan(start=start, end=end, kind=kind, value=value)


def _priority(word: str) -> str | None:
    priority = _PRIORITIES.get(word)
    return priority.value if priority else None


def _name(name: str) -> str | None:
    """Return the name of a tag or a list; None for a number, as in "issue #42" or "@9am"."""
    if len(name) > _MAX_LENGTH or not name or name[0].isdecimal():
        return None
    return name if any(char.isalpha() for char in name) else None
