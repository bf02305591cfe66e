"""Finds tasks of one owner: by words and by fields, in any order, page by page."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
import psycopg
from psycopg import AsyncConnection

from domain.record import Record
from domain.recurrence.local_time import resolve, wall_clock, zone
from domain.vocabulary import Priority, Status
from projections.cursor import MAX_PAGE, BadCursor, read_cursor, write_cursor
from projections.rows import columns, decode, fetch_page
from projections.views.tasks.task_list import TaskRow

SortField = Literal["due_at", "priority", "created_at", "updated_at", "title"]

# By UTC, as in the index of the table: the index cannot know the zone of each owner.
_DAY_ENDS = "((due_on + 1)::timestamp - interval '1 microsecond') AT TIME ZONE 'UTC'"
_MARGIN = timedelta(days=1)  # more than any zone differs from UTC

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

    `due_after` (inclusive) and `due_before` (exclusive) are instants or days of the owner's
    `timezone`. A task that is due on a day is due until the end of that day there: it is `overdue`
    if the day was over at the instant `now`. `undated`: without a due date. `list_id`:
    in this list, or ("none") in no list.

    An empty `sort` means the best match first where there is a `q`, the newest first where
    there is none. `page` (from 1) comes with a total, `cursor` (of the page before) does not.
    """

    q: str | None = None
    status: Sequence[Status] = (Status.OPEN, Status.COMPLETED)
    priority: Sequence[Priority] = ()
    tags: Sequence[str] = ()
    due_after: datetime | date | None = None
    due_before: datetime | date | None = None
    overdue: bool | None = None
    undated: bool = False
    timezone: str = "UTC"
    now: datetime | None = None
    recurring: bool | None = None
    series_id: UUID | None = None
    list_id: UUID | Literal["none"] | None = None
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

    `due_after`, `due_before` and `overdue` leave out tasks without a due date.

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
    last = [_rank(found.json) if by == "rank" else _sort_value(end, by) for by, _ in order]
    return TaskPage(items=found.rows, next_cursor=write_cursor(_mark(query), last), total=total)


def _sort_value(row: TaskRow, by: str) -> Any:
    if by == "due_at" and row.due_on is not None:
        return datetime.combine(row.due_on, time.max, tzinfo=UTC)
    return getattr(row, by)


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
        after = _bound("after", query.due_after, query.timezone)
        tests.append(
            "(due_at >= %(after)s OR due_on >= %(after_day)s)"
            f" AND {_column('due_at', False)} >= %(after_index)s"
        )
        values |= after | {"after_index": after["after"] - _MARGIN}
    if query.due_before is not None:
        before = _bound("before", query.due_before, query.timezone)
        tests.append(_due_earlier("before"))
        values |= before | {"before_index": before["before"] + _MARGIN}
    if query.overdue is not None and query.now is not None:
        now = _bound("now", query.now, query.timezone)
        late = f"status = 'open' AND {_due_earlier('now')}"
        tests.append(late if query.overdue else f"({late}) IS NOT TRUE")
        values |= now | {"now_index": now["now"] + _MARGIN}
    if query.undated:
        tests.append("due_at IS NULL AND due_on IS NULL")
    if query.recurring is not None:
        tests.append(f"series_id IS {'NOT ' if query.recurring else ''}NULL")
    if query.series_id is not None:
        tests.append("series_id = %(series_id)s")
        values["series_id"] = query.series_id
    if query.list_id == "none":
        tests.append("list_id IS NULL")
    elif query.list_id is not None:
        tests.append("list_id = %(list_id)s")
        values["list_id"] = query.list_id
    return " AND ".join(tests), values


def _due_earlier(name: str) -> str:
    # The last condition follows from the others, and lets the index find the tasks.
    return (
        f"(due_at < %({name})s OR due_on < %({name}_day)s)"
        f" AND {_column('due_at', False)} < %({name}_index)s"
    )


def _bound(name: str, bound: datetime | date, timezone: str) -> dict[str, Any]:
    """Return the instant of a bound, and its day in the zone.

    A day of the zone lies before an instant if it is over by then.
    """
    where = zone(timezone)
    if isinstance(bound, datetime):
        return {name: bound, f"{name}_day": wall_clock(bound, where).date()}
    return {name: resolve(datetime.combine(bound, time.min), where), f"{name}_day": bound}


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
        return f"coalesce(due_at, {_DAY_ENDS}, {_LAST[down]}::timestamptz)"
    return by


def _at_last(by: str, parameter: str, down: bool) -> str:
    return f"coalesce({parameter}, {_LAST[down]}::timestamptz)" if by == "due_at" else parameter


def _mark(query: TaskQuery) -> bytes:
    """Return all that a cursor of this search depends on."""
    kept = msgspec.structs.replace(query, cursor=None, page=None, limit=0, now=None)
    return msgspec.json.encode(kept)


__all__ = ["BadCursor", "SortBy", "SortField", "TaskPage", "TaskQuery", "search"]
