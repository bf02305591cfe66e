"""Finds tasks by words, the best match first.

A title that is the query comes first, then titles that begin with it, then tasks with all words in
the title, in the title and tags, anywhere, and at last in another form. Among equals the task that
changed last comes first. Where a query matches very many tasks only titles that are the query come
before the others: ranking them all would take as long as reading them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.record import Record
from projections.cursor import MAX_PAGE, read_cursor, write_cursor
from projections.rows import columns, decode, fetch_page
from projections.views.searching.corrections import correct
from projections.views.searching.task_conditions import Conditions
from projections.views.searching.task_count import counted
from projections.views.searching.task_query import TaskPage, TaskQuery
from projections.views.searching.word_query import WordQuery, read_query, words_of
from projections.views.tasks.task_list import TaskRow
from projections.views.tasks.words import title_key

MAX_RANKED = 2_000  # matches
LATEST = 60  # tasks that show whether a word is common

_EXACT = 6
_RANK = f"""CASE
    WHEN title_key = %(key)s THEN {_EXACT}
    WHEN starts_with(title_key, %(key)s) THEN 5
    WHEN words @@ %(in_title)s::tsquery THEN 4
    WHEN words @@ %(in_tags)s::tsquery THEN 3
    WHEN words @@ %(strictly)s::tsquery THEN 2
    ELSE 1 END"""
_ORDER = "rank DESC, updated_at DESC, id DESC"

# IS TRUE hides a condition from the planner: it cannot know how often the words of an account
# occur, so it is told which index to use. The first set is materialised, so that the limit on the
# second does not make a walk through the table look cheap. Where a row is (`ctid`) does not change
# within a statement.
_RANKED = f"""
WITH matching AS MATERIALIZED (
    SELECT ctid AS place, id AS task, updated_at AS changed_at, {_RANK} AS rank FROM task_list
    WHERE words @@ %(matching)s::tsquery AND (owner = %(owner_id)s) IS TRUE AND {{condition}}
), few AS MATERIALIZED (SELECT * FROM matching LIMIT {MAX_RANKED + 1})
SELECT {columns(TaskRow)}, rank, (SELECT count(*) FROM few) AS matches
FROM (
    SELECT * FROM few WHERE {{beyond}}
    ORDER BY rank DESC, changed_at DESC, task DESC LIMIT %(most)s OFFSET %(skip)s
) best JOIN task_list ON task_list.ctid = best.place
ORDER BY {_ORDER}
"""  # noqa: S608 - conditions are ours
_BEYOND_RANKED = (
    "(rank, changed_at, task) < (%(last_rank)s, %(last_at)s::timestamptz, %(last_id)s::uuid)"
)

_RECENT = f"""
(
    SELECT {columns(TaskRow)}, {_EXACT} AS rank, 0 AS matches FROM task_list
    WHERE owner = %(owner_id)s AND title_key = %(key)s
    AND (words @@ %(matching)s::tsquery) IS TRUE AND {{condition}} AND {{beyond_exact}}
    ORDER BY updated_at DESC, id DESC LIMIT %(most)s + %(skip)s
) UNION ALL (
    SELECT {columns(TaskRow)}, 0 AS rank, 0 AS matches FROM task_list
    WHERE owner = %(owner_id)s AND title_key <> %(key)s
    AND (words @@ %(matching)s::tsquery) IS TRUE AND {{condition}} AND {{beyond}}
    ORDER BY updated_at DESC, id DESC LIMIT %(most)s + %(skip)s
) ORDER BY {_ORDER} LIMIT %(most)s OFFSET %(skip)s
"""  # noqa: S608 - conditions are ours

# How many of the latest tasks have a word of the query, and whether there are many tasks. Finding
# all of 50,000 matches in the index would take longer than the rest of the search.
_COMMON = f"""
SELECT count(*) > {LATEST // 3} AND EXISTS (
    SELECT FROM task_list WHERE owner = %(owner_id)s OFFSET {3 * MAX_RANKED}
) FROM (
    SELECT words @@ %(matching)s::tsquery AS matches FROM task_list WHERE owner = %(owner_id)s
    ORDER BY updated_at DESC LIMIT {LATEST}
) latest WHERE matches
"""  # noqa: S608 - numbers of ours
_BEYOND_RECENT = "(updated_at, id) < (%(last_at)s::timestamptz, %(last_id)s::uuid)"


class _Place(Record, array_like=True):
    """Where a page ended: the way it was searched, instead of what, and its last row."""

    way: Literal["ranked", "recent"]
    corrected: str | None
    rank: int
    at: datetime
    id: UUID


class _Ranked(Record):
    rank: int
    matches: int


async def search_ranked(
    connection: AsyncConnection, owner: UUID, query: TaskQuery, found: Conditions
) -> TaskPage:
    """Return one page of the owner's tasks that match the words of the query.

    Raises:
        BadCursor: the cursor is damaged or belongs to another search.
    """
    place = _place(query)
    corrected = place.corrected if place else None
    page = await _search(connection, owner, query, found, place, corrected)
    if page.items or place or (query.page or 1) > 1:
        return page
    corrected = await correct(connection, owner, query.q or "")
    if corrected is None:
        return page
    again = await _search(connection, owner, query, found, None, corrected)
    return replace(again, corrected=corrected) if again.items else page


async def _search(
    connection: AsyncConnection,
    owner: UUID,
    query: TaskQuery,
    found: Conditions,
    place: _Place | None,
    corrected: str | None,
) -> TaskPage:
    q = corrected or query.q or ""
    words = read_query(owner, q)
    if words is None:
        return TaskPage(items=[], total=0 if query.page or query.count else None)
    limit = max(1, min(query.limit, MAX_PAGE))
    values: dict[str, Any] = found.values | {
        "matching": words.matching,
        "strictly": words.strictly,
        "in_title": words.in_title,
        "in_tags": words.in_tags,
        "key": title_key(words_of(q)),
        "most": limit + 1,
        "skip": (query.page - 1) * limit if query.page else 0,
    }
    if place:
        values |= {"last_rank": place.rank, "last_at": place.at, "last_id": place.id}
    way = place.way if place else await _way(connection, words, values)
    statements = {"ranked": _ranked, "recent": _recent}
    page = await fetch_page(
        connection, TaskRow, statements[way](str(found), place), values, limit=limit
    )
    ranked = way == "ranked" and not place and page.rows
    if ranked and decode(_Ranked, page.pieces[0])[0].matches > MAX_RANKED:
        way, statement = "recent", _recent(str(found), place)
        page = await fetch_page(connection, TaskRow, statement, values, limit=limit)
    cursor = None
    if page.more:
        last, rank = page.rows[-1], decode(_Ranked, page.pieces[-1])[-1].rank
        end = _Place(way=way, corrected=corrected, rank=rank, at=last.updated_at, id=last.id)
        cursor = write_cursor(query.mark, [end])
    condition = f"words @@ %(matching)s::tsquery AND (owner = %(owner_id)s) IS TRUE AND {found}"
    result = TaskPage(items=page.rows, next_cursor=cursor)
    return await counted(connection, query, result, condition, values)


async def _way(
    connection: AsyncConnection, words: WordQuery, values: Mapping[str, Any]
) -> Literal["ranked", "recent"]:
    """Return "recent" for a single word that a third of many tasks have."""
    if not words.single:
        return "ranked"
    cursor = await connection.execute(_COMMON, values)
    [(common,)] = await cursor.fetchall()
    return "recent" if common else "ranked"


def _place(query: TaskQuery) -> _Place | None:
    if query.cursor is None or query.page:
        return None
    place: _Place
    [place] = read_cursor(query.cursor, query.mark, [_Place])
    return place


def _ranked(condition: str, place: _Place | None) -> str:
    return _RANKED.format(condition=condition, beyond=_BEYOND_RANKED if place else "TRUE")


def _recent(condition: str, place: _Place | None) -> str:
    beyond_exact = beyond = "TRUE"
    if place:
        beyond_exact = _BEYOND_RECENT if place.rank == _EXACT else "FALSE"
        beyond = "TRUE" if place.rank == _EXACT else _BEYOND_RECENT
    return _RECENT.format(condition=condition, beyond=beyond, beyond_exact=beyond_exact)
