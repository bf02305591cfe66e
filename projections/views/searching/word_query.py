"""Reads a query as people type it, and says what it means to the words of tasks.

All words must be there, in any order; the last may go on. Quotes ask for a phrase, a leading `-`
for tasks without the word, OR between words for any of them.
"""

import re
from collections.abc import Iterator, Sequence
from uuid import UUID

from domain.record import Record
from projections.views.tasks.words import Term, group_mark, owner_word, terms

MAX_TERMS = 40  # of a query; the rest of a longer query is not looked at

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
# A quote opens a phrase at the start of a word only: inside a Hebrew word it is a letter's mark.
_TOKEN = re.compile(r'(?<!\S)(?P<not>-?)"(?P<phrase>[^"]*)(?P<closed>"?)|(?P<word>[^\s]+)')
_EXCLUDED = re.compile(r"-[^\W_]")
_ENDINGS = ("ies", "ied", "ing", "ed", "es", "s")
_DOUBLING = re.compile("^[^aeiou]{0,2}[aeiou][^aeiouwxy]$")  # run, running
_SHORTEST_STEM = 3


class WordQuery(Record):
    """A query as the text of `tsquery` values.

    `matching` finds the tasks; other forms of English words are among them. `strictly` has none
    of these, `in_title` looks in the title alone, `in_tags` in the title and tags. A query of a
    `single` word may match most tasks.
    """

    matching: str
    strictly: str
    in_title: str
    in_tags: str
    single: bool


class _Token(Record):
    """Terms that belong together, as a phrase if `quoted`; the last may go on if it is `open`."""

    terms: Sequence[Term]
    quoted: bool = False
    excluded: bool = False
    open: bool = False
    either: bool = False  # or the tokens before it


def read_query(owner: UUID, q: str) -> WordQuery | None:
    """Return what a query means for the tasks of an owner; None if it has no words."""
    tokens = list(_tokens(q))[:MAX_TERMS]
    if not tokens:
        return None
    mark = group_mark(owner)
    return WordQuery(
        # With the owner, the index alone finds the few that count, also those without a word.
        matching=f"'{owner_word(owner)}' & ({_written(tokens, mark, loosely=True)})",
        strictly=_written(tokens, mark),
        in_title=_written(tokens, mark, "A"),
        in_tags=_written(tokens, mark, "AB"),
        single=len(tokens) == 1,
    )


def having_word(owner: UUID, word: str) -> str:
    """Return the text of a `tsquery` that finds the tasks of an owner with a word, or longer words
    that begin with it."""
    return f"'{owner_word(owner)}' & {_word(group_mark(owner), word, '', prefix=True)}"


def words_of(q: str) -> str:
    """Return the query without its signs, to compare with a title."""
    return q.translate(_QUOTES).replace('"', "")


def _tokens(q: str) -> Iterator[_Token]:
    found = list(_TOKEN.finditer(q.translate(_QUOTES)))
    either = False
    some = False
    for place, token in enumerate(found):
        last = place == len(found) - 1
        word = token["word"]
        if word is None:
            cut = list(terms(token["phrase"]))
            quoted, excluded, going_on = True, bool(token["not"]), not token["closed"]
        else:
            if word.upper() == "OR" and some and not last:
                either = True
                continue
            excluded = bool(_EXCLUDED.match(word))
            cut, quoted, going_on = list(terms(word.strip('"'))), False, True
        if not cut:
            continue
        yield _Token(
            terms=cut,
            quoted=quoted,
            excluded=excluded,
            open=going_on and last and not excluded,
            either=either,
        )
        either, some = False, True


def _written(
    tokens: Sequence[_Token], mark: str, weights: str = "", *, loosely: bool = False
) -> str:
    ways = [
        [
            # Wherever it is written, and in this form only.
            f"!{_token(token, mark, '', loosely=False)}"
            if token.excluded
            else _token(token, mark, weights, loosely=loosely)
            for token in way
        ]
        for way in _ways(tokens)
    ]
    return " | ".join(f"({' & '.join(way)})" for way in ways)


def _ways(tokens: Sequence[_Token]) -> Sequence[Sequence[_Token]]:
    """Return the tokens between one OR and the next."""
    ways: list[list[_Token]] = [[]]
    for token in tokens:
        if token.either:
            ways.append([])
        ways[-1].append(token)
    return ways


def _token(token: _Token, mark: str, weights: str, *, loosely: bool) -> str:
    if token.quoted:
        return _phrase(token.terms, mark, weights, open=token.open)
    *others, last = token.terms
    written = [_term(term, mark, weights, open=False, loosely=loosely) for term in others]
    written.append(_term(last, mark, weights, open=token.open, loosely=loosely))
    return f"({' & '.join(written)})"


def _phrase(found: Sequence[Term], mark: str, weights: str, *, open: bool) -> str:  # noqa: A002 - the field of the token
    places: list[tuple[str, int, bool]] = []
    for term in found:
        for part in term.parts:
            if not part.dense:
                places.append((part.text, part.position, False))
            elif len(part.text) == 1:
                places.append((part.text, part.position, True))
            else:
                pairs = range(len(part.text) - 1)
                places += [(part.text[n : n + 2], part.position + n, False) for n in pairs]
    written = ""
    before = 0
    for number, (word, position, goes_on) in enumerate(places):
        prefix = goes_on or (
            open and number == len(places) - 1 and found[-1].parts[-1].text == word
        )
        if written:
            written += f" <{position - before}> "
        written += _word(mark, word, weights, prefix=prefix)
        before = position
    return f"({written})"


def _term(term: Term, mark: str, weights: str, *, open: bool, loosely: bool) -> str:  # noqa: A002 - the field of the token
    if term.signed:
        return _word(mark, term.signed, weights)
    ways = [_phrase([term], mark, weights, open=open)]
    if term.as_one_word:
        ways.append(_word(mark, term.as_one_word, weights, prefix=open))
    if loosely and len(term.parts) == 1:
        ways += [_word(mark, form, weights) for form in _other_forms(term.parts[0].text)]
    return f"({' | '.join(ways)})"


def _word(mark: str, word: str, weights: str, *, prefix: bool = False) -> str:
    return f"'{mark}{word}':{'*' * prefix}{weights}"


def _other_forms(word: str) -> Sequence[str]:
    """Return other forms of an English word: water and waters for watering."""
    if not (word.isascii() and word.isalpha() and len(word) >= _SHORTEST_STEM):
        return ()
    ending = next((each for each in _ENDINGS if word.endswith(each)), "")
    stem = word.removesuffix(ending)
    if len(stem) < _SHORTEST_STEM or word.endswith("ss"):
        ending, stem = "", word
    match ending:
        case "ies" | "ied":
            return (f"{stem}y", f"{stem}ies", f"{stem}ied")
        case "ing" | "ed":
            bases = {stem, stem[:-1]} if stem[-1] == stem[-2] else {stem, f"{stem}e"}
            return (*bases, f"{stem}s", f"{stem}ing", f"{stem}ed")
        case "es":
            return (stem, f"{stem}e")
        case "s":
            return (stem, *_forms_of(stem))
    return _forms_of(word)


def _forms_of(word: str) -> Sequence[str]:
    if word.endswith("e"):
        return (f"{word}s", f"{word}d", f"{word[:-1]}ing")
    if word.endswith("y"):
        return (f"{word[:-1]}ies", f"{word[:-1]}ied", f"{word}ing", f"{word}s")
    plural = "es" if word.endswith(("s", "x", "ch", "sh", "o")) else "s"
    stem = word + word[-1] if _DOUBLING.search(word) else word
    return (f"{word}{plural}", f"{stem}ed", f"{stem}ing")
