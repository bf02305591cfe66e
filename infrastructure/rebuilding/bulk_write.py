"""Writes the rows folded from a range of streams, and finds the events that cannot be written."""

from collections.abc import Sequence, Set
from typing import Any

import psycopg
from psycopg import AsyncConnection

from domain.events.recorded import Recorded
from infrastructure.following.dead_events import Failure
from infrastructure.projecting.partitions import Partitions
from infrastructure.projecting.view_fold import fold
from infrastructure.projecting.view_table import ViewTable
from infrastructure.projecting.view_writer import ROW_ERRORS
from projections.view import Key, View

# No month of the calendar begins or ends at such a moment, or PostgreSQL has no such month.
_MONTH_ERRORS = (ValueError, OverflowError, *ROW_ERRORS)


async def write_range(
    connection: AsyncConnection, view: View[Any], schema: str, facts: Sequence[Recorded]
) -> Sequence[Failure]:
    """Write the rows of whole streams; return the events that the view fails to process.

    The rows are as if these had not happened.
    """
    table = ViewTable(view, schema)
    facts, failures = await _create_partitions(connection, Partitions(schema, view.name), facts)
    rows = fold(view, {}, facts, failures).upserts
    async with connection.transaction() as attempt:
        refused = await _write(connection, table, rows)
        if refused:
            raise psycopg.Rollback(attempt)
    if refused:
        keys = {_key(view, row) for row in refused}
        async with connection.transaction():
            await table.write(
                connection, [row for row in rows if _key(view, row) not in keys], fresh=True
            )
            failures += await _write_in_steps(connection, view, table, facts, keys)
    return list({failure.entry.position: failure for failure in failures}.values())


async def _create_partitions(
    connection: AsyncConnection, partitions: Partitions, facts: Sequence[Recorded]
) -> tuple[Sequence[Recorded], list[Failure]]:
    """Create the partitions; return the facts that have one, and the others with their errors."""
    try:
        await partitions.create_for(connection, [recorded.recorded_at for recorded in facts])
    except _MONTH_ERRORS:
        pass
    else:
        return facts, []
    placed: list[Recorded] = []
    failures: list[Failure] = []
    for recorded in facts:
        try:
            await partitions.create_for(connection, [recorded.recorded_at])
        except _MONTH_ERRORS as error:
            failures.append(Failure(entry=recorded, error=repr(error)))
        else:
            placed.append(recorded)
    return placed, failures


async def _write(
    connection: AsyncConnection, table: ViewTable[Any], rows: Sequence[Any]
) -> list[Any]:
    """Write these rows; halve them again and again to find those that the table refuses."""
    try:
        async with connection.transaction():
            await table.write(connection, rows, fresh=True)
    except ROW_ERRORS:
        if len(rows) == 1:
            return list(rows)
        half = len(rows) // 2
        return [
            *await _write(connection, table, rows[:half]),
            *await _write(connection, table, rows[half:]),
        ]
    return []


async def _write_in_steps(
    connection: AsyncConnection,
    view: View[Any],
    table: ViewTable[Any],
    facts: Sequence[Recorded],
    keys: Set[Key],
) -> list[Failure]:
    """Fold the rows with these keys event by event, each row tried; leave out what is refused."""
    latest: dict[Key, Any] = {}
    written: list[Any] = []
    failures: list[Failure] = []
    for recorded in facts:
        key = view.key(recorded)
        if key not in keys:
            continue
        try:
            row = view.evolve(latest.get(key), recorded)
            if row is not None:
                async with connection.transaction(force_rollback=True):
                    await table.write(connection, [row], fresh=True)
        except Exception as error:
            if isinstance(error, psycopg.Error) and not isinstance(error, ROW_ERRORS):
                raise
            failures.append(Failure(entry=recorded, error=repr(error)))
            continue
        if row is not None:
            written.append(row)
        if row is not None or not view.append_only:
            latest[key] = row
    if not view.append_only:
        written = [row for row in latest.values() if row is not None]
    await table.write(connection, written, fresh=True)
    return failures


def _key(view: View[Any], row: Any) -> Key:
    return tuple(getattr(row, name) for name in view.identity)
