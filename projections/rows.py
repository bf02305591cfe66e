"""Reads rows of the views: a SELECT becomes records."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.record import Record
from projections.pauses import PIECE_BYTES, Pauses

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
    return _list_decoder(row).decode(found[0]) if found else []


class FetchedPage(Record, Generic[Row]):
    """The rows of a page, as records and as lines of JSON, and whether there are more behind the
    last."""

    rows: Sequence[Row]
    lines: Sequence[str]
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
    They are decoded with pauses for other requests.
    """
    short = sample == SAMPLE_ROWS and limit <= SHORT_PAGE
    cursor = await connection.execute(
        _measured(select, limit) if short else _sampled(select, limit, sample),
        values,
        prepare=prepare,
    )
    found = await cursor.fetchall()
    lines: list[str] = []
    more, room = False, MAX_PAGE_BYTES
    for line, another in found:
        room -= len(line) if line.isascii() else len(line.encode())
        if lines and room < 0:
            break
        lines.append(line)
        more = another
    return FetchedPage(rows=await _decoded(row, lines), lines=lines, more=more)


async def _decoded(row: type[Row], lines: Sequence[str]) -> Sequence[Row]:
    if sum(map(len, lines)) < PIECE_BYTES:
        return _list_decoder(row).decode(f"[{','.join(lines)}]")
    decoder, pauses = _decoder(row), Pauses()
    rows: list[Row] = []
    for line in lines:
        rows.append(decoder.decode(line))
        await pauses.after(len(line))
    return rows


def _measured(select: str, limit: int) -> str:
    """Return the statement of a short page: lines, each with whether a row follows it.

    Rows in their binary form are smaller than their JSON, so none is left out too early.
    """
    return (
        "SELECT row_to_json(found)::text, another FROM ("  # noqa: S608 - callers write the SELECT
        "SELECT found, row_number() OVER all_before AS place,"
        " sum(pg_column_size(found)) OVER all_before AS bytes,"
        " lead(true, 1, false) OVER all_before AS another"
        f" FROM ({select}) found WINDOW all_before AS (ROWS UNBOUNDED PRECEDING)) sized"
        f" WHERE place = 1 OR place <= {int(limit)} AND bytes <= {MAX_PAGE_BYTES}"
    )


def _sampled(select: str, limit: int, sample: int) -> str:
    """Return the statement of a long page: lines, each with whether a row follows it."""
    return (
        f"WITH found AS MATERIALIZED ({select}), {_lines(limit, sample)},"  # noqa: S608 - callers write the SELECT
        " sized AS (SELECT line, row_number() OVER all_before AS place,"
        " sum(octet_length(line)) OVER all_before AS bytes FROM lines"
        " WINDOW all_before AS (ROWS UNBOUNDED PRECEDING))"
        " SELECT line, place < (SELECT count(*) FROM found) FROM sized"
        f" WHERE place = 1 OR place <= {int(limit)} AND bytes <= {MAX_PAGE_BYTES} ORDER BY place"
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
