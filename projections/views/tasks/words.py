"""Cuts texts into words where people cut them: the same way for tasks and for queries.

`NodeJS-Server.md` is cut into `node`, `js`, `server` and `md`, which are also found joined. A
script without spaces is cut into pairs of characters. An emoji is a word.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TypeAlias
from unicodedata import category
from uuid import UUID

from domain.record import Record
from domain.values.normal_form import folded, normal_form

# Stored words and sort keys are of this version: count it up with every change of how texts are
# folded (`domain/values/normal_form.py`) or cut, and rebuild `task_list`.
VERSION = 1

MAX_KEY = 120  # characters of a sort key, far below what an index takes
MAX_JOINED = 64  # characters of a joined word
MAX_WORD = 200  # characters; the rest of a longer word is not looked at
MAX_POSITION = 16_383  # the last that PostgreSQL tells apart in a document
FIELD_GAP = 10  # positions between fields, so that no phrase spans two

# Han, kana, Hangul, Thai, Lao, Burmese and Khmer, with their marks and without their stops.
_DENSE = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf\u1000-\u103f\u1050-\u109f\u1100-\u11ff"
    "\u1780-\u17d3\u17d7\u17dc\u17dd\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b"
    "\u3040-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3100-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua960-\ua97f\ua9e0-\ua9fe\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
# The marks of other scripts belong to the letters before them; for Python they are no letters.
_MARKS = "".join(
    chr(code)
    for block in (
        range(0x0483, 0x0E00),
        range(0x0F00, 0x1000),
        range(0x1200, 0x1D00),
        range(0xA66F, 0xABF0),
    )
    for code in block
    if category(chr(code)).startswith("M")
)
_LETTER = rf"(?:[^\W_{_DENSE}]|[{_MARKS}])"
_PART = re.compile(
    rf"(?P<version>v(?=[0-9]))|(?P<word>{_LETTER}+)|(?P<dense>[{_DENSE}]+)"
    r"|(?P<flag>[\U0001f1e6-\U0001f1ff]{2})|(?P<other>[^\s\x00-\x7f])"
)
_ASCII_PART = re.compile(r"(?P<version>v(?=[0-9]))|(?P<word>[a-z0-9]+)")

_CAMEL = re.compile("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BORDER = "\x1f"
_JOINING = re.compile("[-'’._\u2010\x1f]?")
_BINDING = re.compile("[-'’._\u2010\x1f:/@&+#=~\\\\]{0,3}")
_SIGNED = re.compile(r"(?:\+\+|#)(?![0-9a-z+#])")  # C++, C#
_NUMBER = re.compile("[0-9]+")


# The words under which a text is found, each with its position, and the number of positions.
_Cut: TypeAlias = tuple[tuple[tuple[str, int], ...], int]


class WordPart(Record):
    """A word at its place in a text: letters and digits, a symbol, or a script without spaces."""

    text: str
    position: int
    dense: bool = False


class Term(Record):
    """Parts that are written together: they are found side by side.

    `joined` are runs of parts that are also written as one word, each with its position.
    """

    parts: Sequence[WordPart]
    joined: Sequence[tuple[str, int]] = ()
    signed: str | None = None

    @property
    def end(self) -> int:
        """The position behind the last part."""
        last = self.parts[-1]
        return last.position + (len(last.text) if last.dense else 1)

    @property
    def as_one_word(self) -> str | None:
        """All parts as one word: `email` for `e-mail`."""
        whole = "".join(part.text for part in self.parts)
        return next((word for word, _ in self.joined if word == whole), None)


def terms(text: str, first: int = 1) -> Iterator[Term]:
    """Yield the terms of a text, the first of its words at position `first`."""
    text = folded(_CAMEL.sub(_BORDER, text))
    pattern = _ASCII_PART if text.isascii() else _PART
    runs: list[list[WordPart]] = []
    end, position = 0, first
    for found in pattern.finditer(text):
        kind, word = found.lastgroup, found[0]
        if kind == "other" and category(word)[0] not in "SC":
            continue  # a punctuation mark
        alone = kind not in ("word", "version")
        gap = text[end : found.start()]
        number = gap == "," and word[0].isdecimal() and text[end - 1].isdecimal()
        if runs and (alone or not (number or _BINDING.fullmatch(gap))):
            yield _term(runs, text, end)
            runs = []
        if not runs or not (number or _JOINING.fullmatch(gap)):
            runs.append([])
        dense = kind == "dense"
        runs[-1].append(
            WordPart(text=word if dense else word[:MAX_WORD], position=position, dense=dense)
        )
        end = found.end()
        position += len(word) if dense else 1
        if alone:
            yield Term(parts=runs[-1])
            runs = []
    if runs:
        yield _term(runs, text, end)


def _term(runs: Sequence[Sequence[WordPart]], text: str, end: int) -> Term:
    joined = [("".join(part.text for part in run), run[0].position) for run in runs if run[1:]]
    parts = [part for run in runs for part in run]
    sign = _SIGNED.match(text, end)
    return Term(
        parts=parts,
        joined=[(word, place) for word, place in joined if len(word) <= MAX_JOINED],
        signed=parts[0].text + sign[0] if sign and len(parts) == 1 else None,
    )


def document(owner: UUID, title: str, tags: Sequence[str], description: str) -> str:
    """Return the words of a task as a `tsvector` is written: A in the title, B tags, C elsewhere.

    Every word begins with the mark of a group of owners. So the beginning of a word is looked for
    among the words of few, and a word of many owners is written once for many. The owner is a word
    as well: no text contains it, because words have no spaces.
    """
    own = owner_word(owner)
    words, begin = [f"'{own}'"], f"'{own[0]}"
    position = 1
    for weight, texts in (("A", (title,)), ("B", tags), ("C", (description,))):
        places = _PLACES[weight]
        for text in texts:
            for piece in text.split():
                # Most words of a task are words of others: cutting costs some 10 µs a piece.
                cut = _remembered if len(piece) <= MAX_JOINED else _cut
                found, width = cut(piece)
                for word, offset in found:
                    words.append(f"{begin}{word}':{places[position + offset]}")
                position += width
            position += FIELD_GAP
    return " ".join(words)


class _Places(dict[int, str]):
    """How positions of a weight are written; those beyond the last one as the last."""

    def __init__(self, weight: str) -> None:
        self._weight = weight

    def __missing__(self, position: int) -> str:
        if position > MAX_POSITION:
            return self[MAX_POSITION]
        written = self[position] = f"{position}{self._weight}"
        return written


_PLACES = {weight: _Places(weight) for weight in "ABC"}


def _cut(piece: str) -> _Cut:
    """Cut a piece of text without white space."""
    plain = piece.isascii() and piece.isalnum() and (piece.islower() or piece.isdecimal())
    if plain and piece[0] != "v" and len(piece) <= MAX_WORD:  # `v2` is cut
        return ((piece, 0),), 1
    return _cut_apart(piece)


def _cut_apart(piece: str) -> _Cut:
    found = list(terms(piece, 0))
    words = tuple(word for term in found for word in _words(term))
    return words, found[-1].end if found else 0


_remembered = lru_cache(maxsize=16_384)(_cut)


def _words(term: Term) -> Iterator[tuple[str, int]]:
    for part in term.parts:
        if not part.dense:
            yield part.text, part.position
            continue
        for place in range(len(part.text)):  # the last character alone
            yield part.text[place : place + 2], part.position + place
    yield from term.joined
    if term.signed:
        yield term.signed, term.parts[0].position


def group_mark(owner: UUID) -> str:
    """Return the mark of the owner's group, a single character of 64."""
    return owner_word(owner)[0]


def owner_word(owner: UUID) -> str:
    """Return the word of an owner. Few share it, and every query names its owner as well."""
    return _owner_word(owner.int)


@lru_cache(maxsize=4096)  # by number: a UUID computes its hash in Python
def _owner_word(number: int) -> str:
    digest = blake2b(number.to_bytes(16, "big"), digest_size=6).digest()
    written = urlsafe_b64encode(digest).decode()
    return f"{written[0]} {written[1:6]}"


def title_key(title: str) -> str:
    """Return what a title is sorted by: case and accents count nothing, numbers by their value."""
    return _NUMBER.sub(_sized, normal_form(title))[:MAX_KEY]


def _sized(found: re.Match[str]) -> str:
    """Write a number so that its text sorts by its value: its length first."""
    digits = found[0].lstrip("0") or "0"
    size = str(len(digits)) if len(digits) < 9 else f"9{len(digits):03}"
    return size + digits
