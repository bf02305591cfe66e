"""Corrects misspelt words of a query that nothing matches, by the words of titles."""

from collections.abc import Collection, Sequence
from uuid import UUID

from psycopg import AsyncConnection

from projections.views.searching.word_query import having_word
from projections.views.tasks.words import terms

MAX_TASKS = 1_000  # the latest, whose titles are looked at
MAX_CORRECTED = 4  # words
_ONE_ERROR, _TWO_ERRORS = 4, 8  # letters from which a word may have so many


async def correct(connection: AsyncConnection, owner: UUID, q: str) -> str | None:
    """Return the query with its misspelt words corrected, or None if there are none."""
    pieces = q.split()
    words = {place: word for place, piece in enumerate(pieces) if (word := _word(piece))}
    if not words or '"' in q:
        return None
    unknown = await _unknown(connection, owner, list(words.items())[:MAX_CORRECTED])
    if not unknown:
        return None
    cursor = await connection.execute(
        "SELECT coalesce(string_agg(title_key, ' '), '') FROM ("
        " SELECT title_key FROM task_list WHERE owner = %s ORDER BY updated_at DESC LIMIT %s"
        ") latest",
        (owner, MAX_TASKS),
        prepare=True,
    )
    [(titles,)] = await cursor.fetchall()
    known = sorted({piece for piece in titles.split() if piece.isalpha()})
    changed = False
    for place, word in unknown:
        similar = most_similar(word, known, goes_on=place == len(pieces) - 1)
        if similar and similar != word:
            pieces[place], changed = similar, True
    return " ".join(pieces) if changed else None


async def _unknown(
    connection: AsyncConnection, owner: UUID, words: Sequence[tuple[int, str]]
) -> Sequence[tuple[int, str]]:
    """Return those of these words, each with its place, that no task of the owner has.

    They alone may be misspelt: a query of words that tasks have may match nothing all the same.
    """
    cursor = await connection.execute(
        "SELECT n FROM unnest(%s::tsquery[]) WITH ORDINALITY AS asked (word, n)"
        " WHERE NOT EXISTS (SELECT FROM task_list"
        " WHERE words @@ word AND (owner = %s) IS TRUE)",
        ([having_word(owner, word) for _, word in words], owner),
        prepare=True,
    )
    return [words[place - 1] for (place,) in await cursor.fetchall()]


def _word(piece: str) -> str | None:
    """Return the word that a piece of the query is, if it is one that may be misspelt."""
    if piece.startswith("-"):
        return None
    found = list(terms(piece))
    if len(found) != 1 or len(found[0].parts) != 1 or found[0].parts[0].dense:
        return None
    word = found[0].parts[0].text
    return word if word.isalpha() and len(word) >= _ONE_ERROR else None


def most_similar(word: str, known: Collection[str], *, goes_on: bool = False) -> str | None:
    """Return the known word with the fewest errors, at most one in four letters and two in all.

    A word that `goes_on` is compared with the beginnings of the known ones.
    """
    most = 1 if len(word) < _TWO_ERRORS else 2
    letters = set(word)
    best: tuple[int, int, str] | None = None
    for other in known:
        errors = _errors(word, letters, other, most)
        if goes_on and len(other) > len(word):
            errors = min(errors, _errors(word, letters, other[: len(word)], most))
        if errors <= most:
            found = (errors, abs(len(other) - len(word)), other)
            best = min(best, found) if best else found
    return best[2] if best else None


def _errors(word: str, letters: Collection[str], other: str, most: int) -> int:
    """Return the distance if it is not greater than `most`; most words are far away at a glance."""
    if abs(len(other) - len(word)) > most or len(set(other) ^ set(letters)) > 2 * most:
        return most + 1
    return distance(word, other)


def distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many letters are wrong, missing, too many or exchanged with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        further = [i]
        for j, b in enumerate(other, start=1):
            cost = min(row[j] + 1, further[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            further.append(cost)
        before, row = row, further
    return row[-1]
