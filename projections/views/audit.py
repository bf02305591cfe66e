"""Who did what to whom, and when: entries of the history, newest first."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.record import Record
from projections.cursor import MAX_PAGE, BadCursor, read_cursor, write_cursor
from projections.rows import columns, fetch
from projections.views.history import HistoryEntry

EXPORT_PAGE = 500  # entries held in memory while exporting


class AuditQuery(Record):
    """Which entries to find; None: any.

    `owner` is the account whose data was changed, `actor` who changed it (an account id as
    text, or `system:` and a process), `action` an event's tag. `since` is inclusive, `until`
    is not.
    """

    entity_type: str | None = None
    entity_id: UUID | None = None
    owner: UUID | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    cursor: str | None = None


class AuditPage(Record):
    items: Sequence[HistoryEntry]
    next_cursor: str | None = None


async def entries(connection: AsyncConnection, query: AuditQuery) -> AuditPage:
    """Return one page of entries, newest first. Entries recorded between two pages move nothing.

    Raises:
        BadCursor: the cursor is damaged or belongs to another search.
    """
    limit = max(1, min(query.limit, MAX_PAGE))
    condition, values = _condition(query)
    if query.cursor is not None:
        (position,) = read_cursor(query.cursor, _mark(query), [int])
        condition += " AND position < %(position)s"
        values["position"] = position
    try:
        items = await fetch(
            connection,
            HistoryEntry,
            f"{_SELECT} WHERE {condition} ORDER BY position DESC LIMIT %(most)s",
            values | {"most": limit + 1},
        )
    except psycopg.DataError as error:
        if query.cursor is not None:  # no position we ever wrote is out of range
            raise BadCursor from error
        raise
    if len(items) <= limit:
        return AuditPage(items=items)
    items.pop()
    return AuditPage(items=items, next_cursor=write_cursor(_mark(query), [items[-1].position]))


async def export(connection: AsyncConnection, query: AuditQuery) -> AsyncIterator[HistoryEntry]:
    """Yield all entries, oldest first, whatever the query's limit and cursor.

    A cursor on the server hands them over a few hundred at a time, so the memory this takes
    does not depend on their number. All are of one moment, and the connection is busy until
    the last is taken.
    """
    condition, values = _condition(query)
    async with connection.transaction(), connection.cursor("export") as cursor:
        cursor.itersize = EXPORT_PAGE
        await cursor.execute(
            f"SELECT row_to_json(found)::text FROM ({_SELECT} WHERE {condition}"  # noqa: S608 - conditions are ours
            " ORDER BY position) found",
            values,
        )
        async for (entry,) in cursor:
            yield _row.decode(entry)


_SELECT = f"SELECT {columns(HistoryEntry)} FROM history"  # noqa: S608 - columns are ours
_row = msgspec.json.Decoder(HistoryEntry)


def _condition(query: AuditQuery) -> tuple[str, dict[str, Any]]:
    equal = {
        field: value
        for field in ("entity_type", "entity_id", "owner", "actor", "action")
        if (value := getattr(query, field)) is not None
    }
    tests = ["true", *(f"{field} = %({field})s" for field in equal)]
    values: dict[str, Any] = dict(equal)
    if query.since is not None:
        tests.append("recorded_at >= %(since)s")
        values["since"] = query.since
    if query.until is not None:
        tests.append("recorded_at < %(until)s")
        values["until"] = query.until
    return " AND ".join(tests), values


def _mark(query: AuditQuery) -> bytes:
    """Return all that a cursor of this search depends on."""
    return msgspec.json.encode(replace(query, cursor=None, limit=0))
