"""Reads rows of the views: a SELECT becomes records."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.record import Record
from projections.pauses import Pauses

Row = TypeVar("Row", bound=Record)
Values: TypeAlias = Sequence[Any] | Mapping[str, Any]

MAX_PAGE_BYTES = 1024 * 1024  # of JSON; a page ends before it grows larger
# Rows that are written as JSON to learn how large the others are. Their number is bounded by the
# largest of them: 16 tasks have at most a megabyte and a half.
SAMPLE_ROWS = 16

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
    return _list_decoder(row).decode(found[0]) if found else []


class FetchedPage(Record, Generic[Row]):
    """The rows of a page, as records and as lines of JSON, and whether there are more behind the
    last."""

    rows: list[Row]
    lines: list[str]
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
    The database writes `sample` rows as JSON, and of the others about as many as the page has
    room for. They are decoded with pauses for other requests.
    """
    if limit <= sample:
        return await _fetch_short(connection, row, select, values, limit=limit, prepare=prepare)
    cursor = await connection.execute(
        f"WITH found AS MATERIALIZED ({select}), {_lines(sample)},"  # noqa: S608 - callers write the SELECT, values are parameters
        " sized AS (SELECT line, row_number() OVER all_before AS place,"
        " sum(octet_length(line)) OVER all_before AS bytes FROM lines"
        " WINDOW all_before AS (ROWS UNBOUNDED PRECEDING))"
        " SELECT line, (SELECT count(*) FROM found) FROM sized"
        f" WHERE place = 1 OR place <= {int(limit)} AND bytes <= {MAX_PAGE_BYTES} ORDER BY place",
        values,
        prepare=prepare,
    )
    decoder, pauses = _decoder(row), Pauses()
    lines, rows, count = list[str](), list[Row](), 0
    async for line, count in cursor:  # noqa: B007 - the same in every row
        lines.append(line)
        rows.append(decoder.decode(line))
        await pauses.after(len(line))
    return FetchedPage(rows=rows, lines=lines, more=count > len(rows))


async def _fetch_short(
    connection: AsyncConnection,
    row: type[Row],
    select: str,
    values: Values,
    *,
    limit: int,
    prepare: bool | None,
) -> FetchedPage[Row]:
    """Return a page whose rows are all sent: that costs PostgreSQL half of measuring them."""
    cursor = await connection.execute(
        f"SELECT row_to_json(found)::text FROM ({select}) found",  # noqa: S608 - callers write the SELECT, values are parameters
        values,
        prepare=prepare,
    )
    found = await cursor.fetchall()
    lines: list[str] = []
    room = MAX_PAGE_BYTES
    for (line,) in found[:limit]:
        room -= len(line) if line.isascii() else len(line.encode())
        if room < 0 and lines:
            break
        lines.append(line)
    rows = _list_decoder(row).decode(f"[{','.join(lines)}]")
    return FetchedPage(rows=rows, lines=lines, more=len(found) > len(lines))


def _lines(sample: int) -> str:
    """Return how the rows of `found` become `lines` of JSON, in two steps."""
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


def decode(row: type[Row], line: str) -> Row:
    """Return the record of a line of JSON."""
    decoder: msgspec.json.Decoder[Row] = _decoder(row)
    return decoder.decode(line)


@lru_cache(maxsize=64)
def _decoder(row: type[Row]) -> msgspec.json.Decoder[Row]:
    return msgspec.json.Decoder(row)


@lru_cache(maxsize=64)
def _list_decoder(row: type[Row]) -> msgspec.json.Decoder[list[Row]]:
    return msgspec.json.Decoder(list[row])  # type: ignore[valid-type] # a type made at run time
