"""Fills a shadow table up to a position: in bulk, or in the order of the log."""

from collections.abc import Callable
from typing import Any, TypeAlias

from psycopg import AsyncConnection, sql

from infrastructure.projecting.view_writer import ShadowWriter
from infrastructure.rebuilding.bulk_fold import fill, fill_in_order
from infrastructure.rebuilding.shadow_table import ShadowTable
from infrastructure.store.event_log import EventLog

# The current step, how much of it is done, and how much there is to do.
Progress: TypeAlias = Callable[[str, int, int], None]


async def fill_shadow(
    connection: AsyncConnection,
    url: str,
    shadow: ShadowTable,
    writer: ShadowWriter[Any],
    log: EventLog,
    *,
    until: int,
    workers: int,
    progress: Progress,
) -> None:
    """Fold the log up to `until` into the shadow, create its keys, and set its position.

    The events that the view fails to process are added to the failures of `writer`.
    """

    def advanced(done: int, of: int) -> None:
        progress("folding", done, of)

    in_order = shadow.view.spans_streams
    if in_order:  # rows are found by their key
        await _create_keys(connection, shadow)
    await connection.execute(
        "INSERT INTO notification_tracking (application_name, notification_id) VALUES (%s, %s)",
        (shadow.schema, 0 if in_order else until),
    )
    if in_order:
        await fill_in_order(connection, writer, log, until=until, advanced=advanced)
        return
    failures = await fill(
        connection,
        url,
        shadow.view,
        shadow.schema,
        until=until,
        workers=workers,
        advanced=advanced,
    )
    writer.failures.update({failure.entry.position: failure for failure in failures})
    await _create_keys(connection, shadow)


async def _create_keys(connection: AsyncConnection, shadow: ShadowTable) -> None:
    async with connection.transaction():
        await connection.execute(sql.SQL("SET LOCAL maintenance_work_mem = '256MB'"))
        for statement in await shadow.keys(connection):
            await connection.execute(statement)
