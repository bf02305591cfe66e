"""Writes the audit trail as CSV or as lines of JSON, in constant memory."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, Literal, TypeAlias

import msgspec

from application.ports.queries import Queries
from projections.views.audit import AuditQuery, export
from projections.views.history import HistoryEntry

CHUNK = 64 * 1024  # bytes
ExportFormat: TypeAlias = Literal["csv", "ndjson"]
MEDIA_TYPES: Mapping[ExportFormat, str] = {
    "csv": "text/csv",  # Litestar adds the charset
    "ndjson": "application/x-ndjson",
}


async def exported(
    queries: Queries,
    query: AuditQuery,
    format: ExportFormat,  # noqa: A002 - the parameter's name
) -> AsyncIterator[bytes]:
    """Yield all entries that match in chunks, oldest first, as they are read.

    Raises:
        Unavailable: too many exports run already, or the database is away.
    """
    write = _FORMATS[format]
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(queries.connection())
        gathered = write(None)
        async for entry in export(connection, query):
            gathered += write(entry)
            if len(gathered) > CHUNK:
                yield gathered
                gathered = b""
        yield gathered


def _as_json(entry: HistoryEntry | None) -> bytes:
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
    "changes",
)


def _as_csv(entry: HistoryEntry | None) -> bytes:
    """Return a line of CSV (RFC 4180); for None, the line of headings."""
    line = io.StringIO()
    writer = csv.writer(line)
    if entry is None:
        line.write(BYTE_ORDER_MARK)
        writer.writerow(COLUMNS)
    else:
        writer.writerow([_cell(getattr(entry, column)) for column in COLUMNS])
    return line.getvalue().encode()


def _cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet executes as a formula."""
    if isinstance(value, dict):
        text = msgspec.json.encode(value).decode()
    else:
        text = "" if value is None else str(msgspec.to_builtins(value))
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


_FORMATS: Mapping[ExportFormat, Callable[[HistoryEntry | None], bytes]] = {
    "csv": _as_csv,
    "ndjson": _as_json,
}
