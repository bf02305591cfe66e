"""Who did what to whom, and when: entries of the history, newest first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.record import Record
from projections.cursor import MAX_PAGE, BadCursor, read_cursor, write_cursor
from projections.rows import fetch, fetch_page
from projections.views.audit_trail.history import CHANGES, STATE, HistoryEntry

SAMPLE_ROWS = 4  # an entry has a task up to three times, and a long one is 80 kB
EXPORT_PAGE = 500  # entries read at once while exporting, fewer if they are large


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


class StoredEntry(HistoryEntry):
    """An entry whose changes and state are the JSON of the table, which is passed on unread: it
    would be decoded and encoded again, and may be a quarter of a megabyte."""

    changes: msgspec.Raw  # type: ignore[assignment]
    state: msgspec.Raw  # type: ignore[assignment]


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
        page = await fetch_page(
            connection,
            StoredEntry,
            _found(query, _select(), condition, "position DESC"),
            values | {"most": limit + 1},
            limit=limit,
            sample=SAMPLE_ROWS,
        )
    except psycopg.DataError as error:
        if query.cursor is not None:  # no position we ever wrote is out of range
            raise BadCursor from error
        raise
    if not page.more:
        return AuditPage(items=page.rows)
    last = page.rows[-1].position
    return AuditPage(items=page.rows, next_cursor=write_cursor(_mark(query), [last]))


async def export_page(
    connection: AsyncConnection,
    query: AuditQuery,
    *,
    after: int,
    until: int,
    most: int = EXPORT_PAGE,
    with_states: bool = True,
) -> Sequence[StoredEntry]:
    """Return at most `most` entries after the position `after` up to `until`, oldest first, fewer
    if they are large; none: that was all. The limit and the cursor of the query are ignored.
    Without states, each entry has an empty one.

    Entries are never changed and are added at the end, so that pages read one after the other are
    of the moment at which `until` was the last position. Nothing is held between two pages.
    """
    condition, values = _condition(query)
    page = await fetch_page(
        connection,
        StoredEntry,
        _found(
            query,
            _select() if with_states else _select("state"),
            f"{condition} AND position > %(after)s AND position <= %(last)s",
            "position",
        ),
        values | {"after": after, "last": until, "most": most},
        limit=most,
        sample=SAMPLE_ROWS,
    )
    return page.rows


async def correlated(
    connection: AsyncConnection, correlation_id: UUID, *, limit: int
) -> Sequence[HistoryEntry]:
    """Return the first `limit` entries with this correlation id, oldest first, without states."""
    return await fetch(
        connection,
        HistoryEntry,
        f"{_select('changes', 'state')} WHERE correlation_id = %s ORDER BY position LIMIT %s",
        [correlation_id, limit],
    )


async def last_position(connection: AsyncConnection) -> int:
    """Return the position of the last entry, 0 if there is none."""
    cursor = await connection.execute("SELECT coalesce(max(position), 0) FROM history")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


_COLUMNS = {"changes": f"{CHANGES} AS changes", "state": f"{STATE} AS state"}


def _select(*empty: str) -> str:
    """Return the SELECT of entries, some of whose columns are left `empty`."""
    named = (
        f"'{{}}'::json AS {column}" if column in empty else _COLUMNS.get(column, column)
        for column in HistoryEntry.__struct_fields__
    )
    return f"SELECT {', '.join(named)} FROM history"  # noqa: S608 - columns are ours


def _found(query: AuditQuery, select: str, condition: str, order: str) -> str:
    """Return the statement of the first `most` entries in this order, which an index has.

    The index by actor has only what was done to the data of others: the rest is found by the owner.
    """
    parts = [""]
    if query.actor is not None and query.owner is None:
        parts = [" AND actor <> owner::text"]
        if _is_account(query.actor):
            parts.append(" AND owner = %(actor)s::uuid")
    ordered = f"ORDER BY {order} LIMIT %(most)s"
    found = [f"{select} WHERE {condition}{part} {ordered}" for part in parts]
    return found[0] if len(found) == 1 else f"({') UNION ALL ('.join(found)}) {ordered}"


def _is_account(actor: str) -> bool:
    try:
        UUID(actor)
    except ValueError:
        return False  # a process
    return True


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
