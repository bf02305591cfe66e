"""Finds tasks of one owner: by words and by fields, in any order, page by page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
import psycopg
from psycopg import AsyncConnection

from domain.record import Record
from domain.vocabulary import Priority, Status
from projections.cursor import MAX_PAGE, BadCursor, read_cursor, write_cursor
from projections.rows import columns, decode, fetch_page
from projections.views.task_list import TaskRow

SortField = Literal["due_at", "priority", "created_at", "updated_at", "title"]


# A task without a due date comes last in both directions.
_LAST = {False: "'infinity'", True: "'-infinity'"}
_CASTS: dict[str, str] = {
    "due_at": "timestamptz",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "priority": "task_priority",
    "title": "text",
    "rank": "real",
    "id": "uuid",
}
_TYPES: dict[str, Any] = {
    "due_at": datetime | None,
    "created_at": datetime,
    "updated_at": datetime,
    "priority": Priority,
    "title": str,
    "rank": float,
    "id": UUID,
}


class SortBy(Record):
    field: SortField
    descending: bool = False


class TaskQuery(Record):
    """Which tasks to find. `tags`: all of them; `priority`: any of them; `q`: web-search syntax.

    An empty `sort` means the best match first where there is a `q`, the newest first where
    there is none. `page` (from 1) comes with a total, `cursor` (of the page before) does not.
    """

    q: str | None = None
    status: Sequence[Status] = (Status.OPEN, Status.COMPLETED)
    priority: Sequence[Priority] = ()
    tags: Sequence[str] = ()
    due_after: datetime | None = None
    due_before: datetime | None = None
    recurring: bool | None = None
    series_id: UUID | None = None
    sort: Sequence[SortBy] = ()
    limit: int = 50
    cursor: str | None = None
    page: int | None = None


class TaskPage(Record):
    """`next_cursor` is None on the last page; `total` is counted when a page number is given."""

    items: Sequence[TaskRow]
    next_cursor: str | None = None
    total: int | None = None


async def search(connection: AsyncConnection, owner: UUID, query: TaskQuery) -> TaskPage:
    """Return one page of the owner's tasks.

    `due_after` is inclusive, `due_before` exclusive; both leave out tasks without a due date.

    Raises:
        BadCursor: the cursor is damaged or belongs to another search.
    """
    order = _order(query)
    limit = max(1, min(query.limit, MAX_PAGE))
    condition, values = _condition(owner, query)
    beyond, more = _beyond(query, order)
    skip = (query.page - 1) * limit if query.page else 0
    try:
        found = await fetch_page(
            connection,
            TaskRow,
            _statement(order, condition + beyond),
            values | more | {"owner_id": owner, "most": limit + 1, "skip": skip},
            limit=limit,
        )
    except psycopg.DataError as error:
        if more:  # the database accepts every value that a cursor of ours holds
            raise BadCursor from error
        raise
    total = None
    if query.page:
        counted = await connection.execute(
            f"SELECT count(*) FROM task_list WHERE {condition}",  # noqa: S608 - conditions are ours
            values | {"owner_id": owner},
        )
        total = (await counted.fetchone() or (0,))[0]
    if not found.more:
        return TaskPage(items=found.rows, total=total)
    end = found.rows[-1]
    last = [_rank(found.json) if by == "rank" else getattr(end, by) for by, _ in order]
    return TaskPage(items=found.rows, next_cursor=write_cursor(_mark(query), last), total=total)


async def count(connection: AsyncConnection, owner: UUID, *, most: int) -> int:
    """Return how many tasks the owner has that are not deleted, or `most` if there are more."""
    cursor = await connection.execute(
        "SELECT count(*) FROM ("
        " SELECT FROM task_list WHERE owner = %s AND deleted_at IS NULL LIMIT %s) few",
        (owner, most),
        prepare=True,
    )
    [(found,)] = await cursor.fetchall()
    return int(found)


class _Ranked(Record):
    rank: float


def _rank(rows: str) -> float:
    """Return the rank of the last of the rows, given as JSON."""
    return decode(_Ranked, rows)[-1].rank


# The columns to sort by, each with whether it is descending. The id comes last, to break ties.
Order = Sequence[tuple[str, bool]]


def _order(query: TaskQuery) -> Order:
    fields: list[tuple[str, bool]] = [(by.field, by.descending) for by in query.sort]
    if not fields:
        fields = [("rank" if query.q else "created_at", True)]
    # In the direction of the field before it, so that an index may be walked either way.
    return [*dict(fields).items(), ("id", fields[-1][1])]


def _condition(owner: UUID, query: TaskQuery) -> tuple[str, dict[str, Any]]:
    """Return the conditions that every page has, and their values."""
    tests = ["owner = %(owner_id)s", "status = ANY(%(status)s::task_status[])"]
    values: dict[str, Any] = {"status": [str(status) for status in query.status]}
    if query.q:
        # The owner once more, as a word: then the GIN index alone finds the few that count.
        tests.append("words @@ (%(owner_word)s::tsquery && websearch_to_tsquery('annals', %(q)s))")
        tests.append("numnode(websearch_to_tsquery('annals', %(q)s)) > 0")  # no words, no match
        values |= {"owner_word": f"'owner:{owner}'", "q": query.q}
    if query.priority:
        tests.append("priority = ANY(%(priority)s::task_priority[])")
        values["priority"] = [str(priority) for priority in query.priority]
    if query.tags:
        tests.append("tags @> %(tags)s")
        values["tags"] = list(query.tags)
    if query.due_after is not None:
        tests.append(f"{_column('due_at', False)} >= %(due_after)s AND due_at IS NOT NULL")
        values["due_after"] = query.due_after
    if query.due_before is not None:
        tests.append(f"{_column('due_at', False)} < %(due_before)s")
        values["due_before"] = query.due_before
    if query.recurring is not None:
        tests.append(f"series_id IS {'NOT ' if query.recurring else ''}NULL")
    if query.series_id is not None:
        tests.append("series_id = %(series_id)s")
        values["series_id"] = query.series_id
    return " AND ".join(tests), values


def _beyond(query: TaskQuery, order: Order) -> tuple[str, dict[str, Any]]:
    """Return the condition that a task comes after the row of the cursor, and its values."""
    if query.cursor is None or query.page:
        return "", {}
    values = read_cursor(query.cursor, _mark(query), [_TYPES[by] for by, _ in order])
    names = [f"%(last_{by})s::{_CASTS[by]}" for by, _ in order]
    lasts = [_at_last(by, name, down) for (by, down), name in zip(order, names, strict=True)]
    columns = [_column(by, down) for by, down in order]
    signs = ["<" if down else ">" for _, down in order]
    if len(set(signs)) == 1:  # one comparison, which an index answers
        test = f"({', '.join(columns)}) {signs[0]} ({', '.join(lasts)})"
    else:
        ways = [
            " AND ".join(
                [f"{columns[j]} = {lasts[j]}" for j in range(i)]
                + [f"{columns[i]} {signs[i]} {lasts[i]}"]
            )
            for i in range(len(order))
        ]
        test = f"{columns[0]} {signs[0]}= {lasts[0]} AND (({') OR ('.join(ways)}))"
    parameters = {f"last_{by}": value for (by, _), value in zip(order, values, strict=True)}
    return f" AND {test}", parameters


def _statement(order: Order, condition: str) -> str:
    ranked = any(by == "rank" for by, _ in order)
    rank = _column("rank", True) if ranked else "NULL::real"
    ordering = ", ".join(f"{_column(by, down)} {'DESC' if down else 'ASC'}" for by, down in order)
    return (
        f"SELECT {columns(TaskRow)}, {rank} AS rank FROM task_list"  # noqa: S608 - columns are ours
        f" WHERE {condition} ORDER BY {ordering} LIMIT %(most)s OFFSET %(skip)s"
    )


def _column(by: str, down: bool) -> str:
    if by == "rank":
        return "ts_rank(words, websearch_to_tsquery('annals', %(q)s))"
    if by == "due_at":
        return f"coalesce(due_at, {_LAST[down]}::timestamptz)"
    return by


def _at_last(by: str, parameter: str, down: bool) -> str:
    return f"coalesce({parameter}, {_LAST[down]}::timestamptz)" if by == "due_at" else parameter


def _mark(query: TaskQuery) -> bytes:
    """Return all that a cursor of this search depends on."""
    return msgspec.json.encode(msgspec.structs.replace(query, cursor=None, page=None, limit=0))


__all__ = ["BadCursor", "SortBy", "SortField", "TaskPage", "TaskQuery", "search"]
