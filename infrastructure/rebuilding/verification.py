"""Verifies a view: compares its table with a shadow built from the log, and changes nothing."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace
from psycopg import AsyncConnection, IsolationLevel, sql

from domain.record import Record
from infrastructure.following.checkpoints import applied
from infrastructure.following.dead_events import Failure, dead_events
from infrastructure.following.event_filter import EventFilter
from infrastructure.postgres.connections import connect
from infrastructure.projecting.view_table import ViewTable
from infrastructure.projecting.view_writer import ShadowWriter
from infrastructure.rebuilding.shadow_fill import Progress, fill_shadow
from infrastructure.rebuilding.shadow_table import ShadowTable, shadow_of
from infrastructure.store.event_log import EventLog
from projections.view import View

MAX_ROWS_SHOWN = 5


class Difference(Record):
    """A row as JSON, as the table has it and as the log gives it; None: there is no such row."""

    key: str
    table: str | None
    log: str | None


class VerificationResult(Record):
    """`different` rows differ at `position`; `differences` are the first few of them.

    `failures` are the events that the view fails to process, without the discarded ones; the rows
    are compared as if they had not happened.
    """

    view: str
    position: int
    rows: int
    different: int
    differences: Sequence[Difference]
    failures: Sequence[Failure] = ()


async def verify(
    url: str, view: View[Any], events: EventLog, *, workers: int, progress: Progress
) -> VerificationResult:
    """Build a shadow of the view up to its position, and compare both byte for byte.

    The live table and its position are read in one snapshot, so the projector goes on
    undisturbed. Events that the view fails to process are left out; an event that is parked but
    can be processed now shows as a difference of its row.

    Raises:
        RebuildInProgress: another process is rebuilding or verifying the view.
    """
    async with (
        await connect(url, name=f"annals verify {view.name}") as connection,
        shadow_of(connection, view) as shadow,
    ):
        begun = await applied(connection, view.name)
        writer = ShadowWriter(view, events, schema=shadow.schema)
        await fill_shadow(
            connection, url, shadow, writer, events, until=begun, workers=workers, progress=progress
        )
        await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        try:
            async with connection.transaction(force_rollback=True):
                position = await applied(connection, view.name)
                progress("comparing", 0, 1)
                await _complete(connection, writer, events, begun, position)
                result = await _compare(connection, shadow, position)
                dead = await dead_events(connection, view=view.name, discarded=True)
            discarded = {event.position for event in dead if event.discarded_at}
            failures = [
                failure
                for place, failure in sorted(writer.failures.items())
                if place not in discarded
            ]
            return replace(result, failures=failures)
        finally:
            await connection.set_isolation_level(None)
            progress("comparing", 1, 1)


async def _complete(
    connection: AsyncConnection,
    writer: ShadowWriter[Any],
    events: EventLog,
    begun: int,
    position: int,
) -> None:
    """Take in the events the live table took in meanwhile, visible to this transaction alone."""
    entries = await events.between(connection, begun, position)
    chosen = EventFilter(writer.view).select(entries)
    if position > begun:
        await writer.take_in(connection, chosen, begun, position)


async def _compare(
    connection: AsyncConnection, shadow: ShadowTable, position: int
) -> VerificationResult:
    table = ViewTable(shadow.view)
    key = table.primary_key
    parts = {
        "live": sql.Identifier(*shadow.live),
        "shadow": sql.Identifier(*shadow.table),
        "key": sql.SQL(", ").join(map(sql.Identifier, key)),
        "first": sql.Identifier(key[0]),
    }
    # *<> compares bytes, where <> would call 1 and 1.0 in a document the same.
    pairs = sql.SQL(
        " FROM {live} AS a FULL JOIN {shadow} AS b USING ({key})"
        " WHERE a.{first} IS NULL OR b.{first} IS NULL OR a *<> b"
    ).format(**parts)
    counted = await connection.execute(sql.SQL("SELECT count(*)") + pairs)
    different = (await counted.fetchone() or (0,))[0]
    found = await connection.execute(
        sql.SQL(
            "SELECT concat_ws(' ', {key}),"
            " CASE WHEN a.{first} IS NOT NULL THEN row_to_json(a)::text END,"
            " CASE WHEN b.{first} IS NOT NULL THEN row_to_json(b)::text END"
        ).format(**parts)
        + pairs
        + sql.SQL(" ORDER BY {key} LIMIT %s").format(**parts),
        (MAX_ROWS_SHOWN,),
    )
    total = await connection.execute(sql.SQL("SELECT count(*) FROM {live}").format(**parts))
    return VerificationResult(
        view=shadow.view.name,
        position=position,
        rows=(await total.fetchone() or (0,))[0],
        different=different,
        differences=[
            Difference(key=key_text, table=in_table, log=in_log)
            for key_text, in_table, in_log in await found.fetchall()
        ],
    )
