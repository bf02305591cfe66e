"""Reads rows of the views: a SELECT becomes records."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.record import Record
from projections.pauses import PIECE_BYTES, pause

Row = TypeVar("Row", bound=Record)
Values: TypeAlias = Sequence[Any] | Mapping[str, Any]

MAX_PAGE_BYTES = 1024 * 1024  # of JSON; a page ends before it grows larger
# Rows that are written as JSON to learn how large the others are. Their number is bounded by the
# largest of them: 16 tasks have at most a megabyte and a half.
SAMPLE_ROWS = 16
# Rows of a page that are measured before they are written as JSON. Measuring reads them whole.
SHORT_PAGE = 64

RowPosition: TypeAlias = tuple[datetime, UUID]
"""The sort key of a row, a moment and an id: a page goes on beyond its last row."""

BEFORE_ALL: RowPosition = (datetime.min.replace(tzinfo=UTC), UUID(int=0))
AFTER_ALL: RowPosition = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))


def columns(row: type[Record]) -> str:
    """Return the columns of a view: the fields of its row type, for a SELECT."""
    return ", ".join(row.__struct_fields__)


async def fetch(
    connection: AsyncConnection,
    row: type[Row],
    select: str,
    values: Values = (),
    *,
    prepare: bool | None = None,
) -> list[Row]:
    """Return the rows that `select` finds, in its order; its columns are the fields of `row`.

    With `prepare` the database plans the statement once per connection.
    """
    cursor = await connection.execute(
        f"SELECT coalesce(json_agg(found), '[]')::text FROM ({select}) found",  # noqa: S608 - callers write the SELECT, values are parameters
        values,
        prepare=prepare,
    )
    found = await cursor.fetchone()
    return decode(row, found[0]) if found else []


class FetchedPage(Record, Generic[Row]):
    """The rows of a page, as records and as JSON in pieces (arrays of some rows each), and whether
    there are more behind the last."""

    rows: list[Row]
    pieces: list[str]
    more: bool


async def fetch_page(
    connection: AsyncConnection,
    row: type[Row],
    select: str,
    values: Values = (),
    *,
    limit: int,
    sample: int = SAMPLE_ROWS,
    prepare: bool | None = None,
) -> FetchedPage[Row]:
    """Return at most `limit` rows, fewer if they are larger than MAX_PAGE_BYTES together.

    The first row is always among them. `select` is ordered and finds at most `limit + 1` rows.
    The database writes few rows as JSON that do not fit: it measures those of a short page before,
    of a long one it writes `sample` rows, and of the others about as many as there is room for.
    The pieces are decoded with pauses for other requests.
    """
    if sample == SAMPLE_ROWS and limit <= SHORT_PAGE:
        return await _fetch_short(connection, row, select, values, limit=limit, prepare=prepare)
    cursor = await connection.execute(
        f"WITH found AS MATERIALIZED ({select}), {_lines(limit, sample)},"  # noqa: S608 - callers write the SELECT, values are parameters
        " sized AS (SELECT line, row_number() OVER all_before AS place,"
        " sum(octet_length(line)) OVER all_before AS bytes FROM lines"
        " WINDOW all_before AS (ROWS UNBOUNDED PRECEDING))"
        " SELECT '[' || string_agg(line, ',' ORDER BY place) || ']', (SELECT count(*) FROM found)"
        f" FROM sized WHERE place = 1 OR place <= {int(limit)} AND bytes <= {MAX_PAGE_BYTES}"
        f" GROUP BY bytes / {PIECE_BYTES} ORDER BY bytes / {PIECE_BYTES}",
        values,
        prepare=prepare,
    )
    decoder = _decoder(row)
    pieces, rows, count = list[str](), list[Row](), 0
    async for piece, count in cursor:  # noqa: B007 - the same in every row
        if pieces:
            await pause()
        pieces.append(piece)
        rows += decoder.decode(piece)
    return FetchedPage(rows=rows, pieces=pieces, more=count > len(rows))


async def _fetch_short(
    connection: AsyncConnection,
    row: type[Row],
    select: str,
    values: Values,
    *,
    limit: int,
    prepare: bool | None,
) -> FetchedPage[Row]:
    """Return a page whose rows are measured before they are written as JSON."""
    cursor = await connection.execute(_measured(select, limit), values, prepare=prepare)
    [(whole, more)] = await cursor.fetchall()
    pieces = [] if whole is None else [whole]
    if whole is not None and _size(whole) > PIECE_BYTES:
        pieces, is_cut = _pieces(whole)
        more = more or is_cut
    rows = list[Row]()
    for number, piece in enumerate(pieces):
        if number:
            await pause()
        rows += decode(row, piece)
    return FetchedPage(rows=rows, pieces=pieces, more=bool(more))


def _pieces(whole: str) -> tuple[list[str], bool]:
    """Return the rows of an array that fit into a page, in pieces, and whether any did not."""
    pieces, lines, room, filled = list[str](), list[msgspec.Raw](), MAX_PAGE_BYTES, 0
    found = msgspec.json.decode(whole, type=list[msgspec.Raw])
    for line in found:
        size = len(memoryview(line))
        room -= size
        if room < 0 and (lines or pieces):
            break
        lines.append(line)
        filled += size
        if filled >= PIECE_BYTES:
            pieces.append(msgspec.json.encode(lines).decode())
            lines, filled = [], 0
    if lines:
        pieces.append(msgspec.json.encode(lines).decode())
    return pieces, room < 0 and len(found) > 1


def _size(text: str) -> int:
    """Return how many bytes a text has in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def _measured(select: str, limit: int) -> str:
    """Return the statement of a short page: its rows, and whether another follows the last.

    Rows in their binary form are smaller than their JSON, so none is left out too early.
    """
    return (
        "SELECT '[' || string_agg(row_to_json(found)::text, ',') || ']', bool_and(another) FROM ("  # noqa: S608 - callers write the SELECT
        "SELECT found, row_number() OVER all_before AS place,"
        " sum(pg_column_size(found)) OVER all_before AS bytes,"
        " lead(true, 1, false) OVER all_before AS another"
        f" FROM ({select}) found WINDOW all_before AS (ROWS UNBOUNDED PRECEDING)) sized"
        f" WHERE place = 1 OR place <= {int(limit)} AND bytes <= {MAX_PAGE_BYTES}"
    )


def _lines(limit: int, sample: int) -> str:
    """Return how the rows of `found` become `lines` of JSON: those of a long page in two steps."""
    if limit <= sample:
        return "lines AS (SELECT row_to_json(found)::text AS line FROM found)"
    return (
        "sample AS MATERIALIZED (SELECT row_to_json(rows)::text AS line"  # noqa: S608 - numbers of ours
        f" FROM (SELECT * FROM found LIMIT {int(sample)}) rows),"
        " lines AS (SELECT line FROM sample UNION ALL SELECT row_to_json(rows)::text"
        f" FROM (SELECT * FROM found OFFSET {int(sample)} LIMIT"
        # As many as there is room for if they are like the others, and one more.
        f" (SELECT greatest(0, {MAX_PAGE_BYTES} - sum(octet_length(line)))"
        " / (1 + avg(octet_length(line))) + 1 FROM sample)) rows)"
    )


async def fetch_one(
    connection: AsyncConnection,
    row: type[Row],
    select: str,
    values: Values = (),
    *,
    prepare: bool | None = None,
) -> Row | None:
    """Return the first row that `select` finds, or None."""
    found = await fetch(connection, row, select, values, prepare=prepare)
    return found[0] if found else None


def decode(row: type[Row], rows: str) -> list[Row]:
    """Return the records of a JSON array of rows."""
    return _decoder(row).decode(rows)


@lru_cache(maxsize=64)
def _decoder(row: type[Row]) -> msgspec.json.Decoder[list[Row]]:
    return msgspec.json.Decoder(list[row])  # type: ignore[valid-type] # a type made at run time
