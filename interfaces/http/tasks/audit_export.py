"""Writes the audit trail as CSV or as lines of JSON, in constant memory."""

import csv
import io
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from application.ports.queries import Queries
from projections.pauses import Pauses
from projections.views.audit_trail.audit import (
    EXPORT_PAGE,
    AuditQuery,
    StoredEntry,
    export_page,
    last_position,
)

CHUNK = 64 * 1024  # bytes
FIRST_PAGE = 16  # entries of the first page
ExportFormat: TypeAlias = Literal["csv", "ndjson"]
MEDIA_TYPES: Mapping[ExportFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
}


class ExportTookTooLong(Exception):
    """The client read so slowly, or asked for so much, that the time of an export was over."""


async def exported(
    queries: Queries,
    query: AuditQuery,
    format: ExportFormat,  # noqa: A002 - the parameter's name
    *,
    seconds: float,
) -> AsyncIterator[bytes]:
    """Yield all entries that match in chunks, oldest first, as they are read.

    They are those of the moment it begins, read page by page: while the client is slow, no
    connection to the database waits for it. An export that takes longer than `seconds` is cut.

    Raises:
        Unavailable: too many exports run already, or the database is away.
        ExportTookTooLong: the time is over; what was sent is incomplete.
    """
    write, ends_at = _FORMATS[format], time.monotonic() + seconds
    until, after, most = await queries.run_export(last_position), 0, FIRST_PAGE
    gathered, pauses = [write(None)], Pauses()
    size = len(gathered[0])
    while page := await queries.run_export(
        export_page, query, after=after, until=until, most=most, with_states=format == "ndjson"
    ):
        for entry in page:
            line = write(entry)
            gathered.append(line)
            size += len(line)
            if pauses.due(len(line)):
                await pauses.pause()
            if size > CHUNK:
                yield b"".join(gathered)
                gathered, size = [], 0
                if time.monotonic() > ends_at:
                    raise ExportTookTooLong
        after = page[-1].position
        # The database prepares all that it is asked for, also what no longer fits on the page.
        most = min(2 * len(page), EXPORT_PAGE)
    yield b"".join(gathered)


def _as_json(entry: StoredEntry | None) -> bytes:
    return b"" if entry is None else msgspec.json.encode(entry) + b"\n"


# Spreadsheets read a file without it in the machine's own charset.
BYTE_ORDER_MARK = "\ufeff"
COLUMNS = (
    "position",
    "recorded_at",
    "entity_type",
    "entity_id",
    "version",
    "owner",
    "action",
    "actor",
    "correlation_id",
    "causation_id",
    "change_id",
    "changes",
)


def _as_csv(entry: StoredEntry | None) -> bytes:
    """Return a line of CSV (RFC 4180); for None, the line of headings."""
    line = io.StringIO()
    writer = csv.writer(line)
    if entry is None:
        line.write(BYTE_ORDER_MARK)
        writer.writerow(COLUMNS)
    else:
        writer.writerow([_cell(getattr(entry, column)) for column in COLUMNS[:-1]])
        # The library reads a long text letter by letter, and this is JSON: never a formula.
        changes = bytes(entry.changes).replace(b'"', b'""')
        return b'%b,"%b"\r\n' % (line.getvalue().removesuffix("\r\n").encode(), changes)
    return line.getvalue().encode()


def _cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet executes as a formula."""
    text = "" if value is None else str(msgspec.to_builtins(value))
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


_FORMATS: Mapping[ExportFormat, Callable[[StoredEntry | None], bytes]] = {
    "csv": _as_csv,
    "ndjson": _as_json,
}
