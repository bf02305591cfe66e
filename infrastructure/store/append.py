"""The statements that append events to the log, and find those that are there already."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent
from psycopg import AsyncConnection

from infrastructure.postgres.packed_arrays import (
    BYTEA_OID,
    INT8_OID,
    TEXT_OID,
    UUID_OID,
    int8,
    packed,
)
from infrastructure.postgres.prepared_statement import PreparedStatement
from infrastructure.telemetry import tracing

# One statement is one transaction and one round trip. `unnest` keeps the order of the
# arrays, and the ids are drawn in that order.
_INSERT = """
INSERT INTO stored_events (originator_id, originator_version, topic, state)
SELECT * FROM unnest({})
RETURNING notification_id
"""
INSERT = _INSERT.format("%b::uuid[], %b::bigint[], %b::text[], %b::bytea[]")
APPEND = PreparedStatement(
    "annals_append", "uuid[], bigint[], text[], bytea[]", _INSERT.format("$1, $2, $3, $4")
)
# The same, but NULL where a version is taken, and no error in the server's log.
TRY_INSERT = "SELECT annals_try_append(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[])"
FIND = """
SELECT found.*
FROM unnest(%b::uuid[], %b::bigint[]) AS wanted (originator_id, originator_version)
CROSS JOIN LATERAL (
    SELECT e.originator_id, e.originator_version, e.notification_id, e.state
    FROM stored_events e
    WHERE e.originator_id = wanted.originator_id
        AND e.originator_version = wanted.originator_version
    OFFSET 0
) AS found
"""
# A commit of one's own: it lies behind all that is visible in the write-ahead log, so once a
# standby has it, the standby has the rest. Without synchronous standbys there is nothing to wait
# for: what is visible is on disk.
CONFIRM = """
SELECT CASE WHEN current_setting('synchronous_standby_names') <> ''
    THEN pg_logical_emit_message(true, 'annals', '') END
"""

GAP = "AN001"  # the SQLSTATE with which version n of a stream is refused without version n - 1


class VersionTaken(Exception):
    """One of the versions to append is stored already; nothing was appended."""


async def insert(
    connection: AsyncConnection, events: Sequence[StoredEvent], *, contended: bool = False
) -> list[int]:
    """Append `events` in a transaction of their own; return their positions, in order.

    Where versions are `contended`, one that is taken is no error in the database's log, for
    which all appends pay a little.

    Raises:
        VersionTaken: one of the versions is stored already.
    """
    columns = (
        packed(UUID_OID, [_id(event.originator_id).bytes for event in events]),
        packed(INT8_OID, [int8(event.originator_version) for event in events]),
        packed(TEXT_OID, [event.topic.encode() for event in events]),
        packed(BYTEA_OID, [event.state for event in events]),
    )
    if contended:
        cursor = await connection.execute(TRY_INSERT, columns, prepare=True)
        [(positions,)] = await cursor.fetchall()
        if positions is None:
            raise VersionTaken
        return list(positions)
    try:
        if tracing.on():  # of a cursor, psycopg's instrumentation makes a span
            cursor = await connection.execute(INSERT, columns, prepare=True)
            return [row[0] for row in await cursor.fetchall()]
        result = await APPEND.execute(connection, columns)
    except psycopg.errors.UniqueViolation as error:
        raise VersionTaken from error
    return [_position(result.get_value(row, 0)) for row in range(result.ntuples)]


async def find(
    connection: AsyncConnection, versions: Sequence[tuple[UUID | str, int]]
) -> Mapping[tuple[UUID | str, int], tuple[int, bytes]]:
    """Return the position and the content of those versions of streams that are stored."""
    streams, numbers = [stream for stream, _ in versions], [version for _, version in versions]
    cursor = await connection.execute(FIND, (streams, numbers), prepare=True)
    return {
        (stream, version): (position, bytes(state))
        for stream, version, position, state in await cursor.fetchall()
    }


async def confirm(connection: AsyncConnection) -> None:
    """Return once all that is visible is as durable as a commit is."""
    await connection.execute(CONFIRM, prepare=True)


def _position(value: bytes | None) -> int:
    return int.from_bytes(value or b"", "big")


def _id(stream: UUID | str) -> UUID:
    return stream if isinstance(stream, UUID) else UUID(stream)
