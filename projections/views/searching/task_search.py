"""Finds tasks of one owner: by words and by fields, in any order, page by page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from domain.vocabulary import Priority
from projections.cursor import MAX_PAGE, BadCursor, read_cursor, write_cursor
from projections.rows import columns, fetch_page
from projections.views.searching.ranked_search import search_ranked
from projections.views.searching.task_conditions import DAY_ENDS, Conditions, conditions, day_end
from projections.views.searching.task_count import counted
from projections.views.searching.task_query import TaskPage, TaskQuery
from projections.views.searching.word_query import read_query
from projections.views.tasks.task_list import TaskRow
from projections.views.tasks.words import title_key

# A task without a due date comes last in both directions.
_LAST = {False: "'infinity'", True: "'-infinity'"}
_CASTS: dict[str, str] = {
    "due_at": "timestamptz",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "priority": "task_priority",
    "title": "text",
    "id": "uuid",
}
_TYPES: dict[str, Any] = {
    "due_at": datetime | None,
    "created_at": datetime,
    "updated_at": datetime,
    "priority": Priority,
    "title": str,
    "id": UUID,
}


async def search(connection: AsyncConnection, owner: UUID, query: TaskQuery) -> TaskPage:
    """Return one page of the owner's tasks.

    `due_after`, `due_before` and `overdue` leave out tasks without a due date.

    Raises:
        BadCursor: the cursor is damaged or belongs to another search.
    """
    found = conditions(query)
    found.values["owner_id"] = owner
    if query.q:
        if not query.sort:
            return await search_ranked(connection, owner, query, found)
        words = read_query(owner, query.q)
        if words is None:
            return TaskPage(items=[], total=0 if query.page or query.count else None)
        found.add("words @@ %(matching)s::tsquery", matching=words.matching)
    found.add("owner = %(owner_id)s")
    return await _search_sorted(connection, query, found)


async def _search_sorted(
    connection: AsyncConnection, query: TaskQuery, found: Conditions
) -> TaskPage:
    order = _order(query)
    limit = max(1, min(query.limit, MAX_PAGE))
    beyond, more = _beyond(query, order)
    skip = (query.page - 1) * limit if query.page else 0
    try:
        page = await fetch_page(
            connection,
            TaskRow,
            _skipping(order, str(found)) if skip else _statement(order, f"{found}{beyond}"),
            found.values | more | {"most": limit + 1, "skip": skip},
            limit=limit,
        )
    except psycopg.DataError as error:
        if more:  # the database accepts every value that a cursor of ours holds
            raise BadCursor from error
        raise
    cursor = None
    if page.more:
        last = [_sort_value(page.rows[-1], by) for by, _ in order]
        cursor = write_cursor(query.mark, last)
    result = TaskPage(items=page.rows, next_cursor=cursor)
    return await counted(connection, query, result, str(found), found.values)


def _sort_value(row: TaskRow, by: str) -> Any:
    if by == "due_at" and row.due_on is not None:
        return day_end(row.due_on)
    return title_key(row.title) if by == "title" else getattr(row, by)


# The columns to sort by, each with whether it is descending. The id comes last, to break ties.
Order = Sequence[tuple[str, bool]]


def _order(query: TaskQuery) -> Order:
    fields: list[tuple[str, bool]] = [(by.field, by.descending) for by in query.sort]
    if not fields:
        fields = [("created_at", True)]
    # In the direction of the field before it, so that an index may be walked either way.
    return [*dict(fields).items(), ("id", fields[-1][1])]


def _beyond(query: TaskQuery, order: Order) -> tuple[str, dict[str, Any]]:
    """Return the condition that a task comes after the row of the cursor, and its values."""
    if query.cursor is None or query.page:
        return "", {}
    values = read_cursor(query.cursor, query.mark, [_TYPES[by] for by, _ in order])
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
    return (
        f"SELECT {columns(TaskRow)} FROM task_list"  # noqa: S608 - columns are ours
        f" WHERE {condition} ORDER BY {_ordering(order)} LIMIT %(most)s OFFSET %(skip)s"
    )


def _skipping(order: Order, condition: str) -> str:
    """Return the statement of a far page: the rows before it are skipped in an index where the
    index has all that the condition and the order need."""
    ordering = _ordering(order)
    return (
        f"SELECT {columns(TaskRow)} FROM task_list WHERE id IN ("  # noqa: S608 - columns are ours
        f"SELECT id FROM task_list WHERE {condition} ORDER BY {ordering}"
        f" LIMIT %(most)s OFFSET %(skip)s) ORDER BY {ordering}"
    )


def _ordering(order: Order) -> str:
    return ", ".join(f"{_column(by, down)} {'DESC' if down else 'ASC'}" for by, down in order)


def _column(by: str, down: bool) -> str:
    if by == "due_at":
        return f"coalesce(due_at, {DAY_ENDS}, {_LAST[down]}::timestamptz)"
    return "title_key" if by == "title" else by


def _at_last(by: str, parameter: str, down: bool) -> str:
    return f"coalesce({parameter}, {_LAST[down]}::timestamptz)" if by == "due_at" else parameter
