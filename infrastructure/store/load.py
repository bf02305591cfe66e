"""The statement that loads streams."""

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from psycopg import AsyncConnection

from infrastructure.postgres.packed_arrays import INT8_OID, UUID_OID, int8, packed
from infrastructure.postgres.prepared_statement import PreparedStatement
from infrastructure.telemetry import tracing

# LATERAL: one descent of the primary key for each stream. For a plain join the planner, which
# cannot know how few streams are wanted, reads the whole log.
_SELECT = """
SELECT past.*
FROM unnest({}) AS wanted (originator_id, beyond, until)
CROSS JOIN LATERAL (
    SELECT e.originator_id, e.originator_version, e.topic, e.state, e.notification_id
    FROM stored_events e
    WHERE e.originator_id = wanted.originator_id AND e.originator_version > wanted.beyond
        AND e.originator_version <= wanted.until
    ORDER BY e.originator_version
    OFFSET 0
) AS past
"""
SELECT = _SELECT.format("%b::uuid[], %b::bigint[], %b::bigint[]")
LOAD = PreparedStatement("annals_load", "uuid[], bigint[], bigint[]", _SELECT.format("$1, $2, $3"))

# A stream, and the versions of it that are wanted: beyond the first number, up to the second.
Versions: TypeAlias = tuple[UUID, int, int]
# A stream, a version of it, and its topic, state and position.
Row: TypeAlias = tuple[UUID, int, str, bytes, int]


async def load(connection: AsyncConnection, wanted: Sequence[Versions]) -> Sequence[Row]:
    """Return the events of each of these streams, in the order of their versions.

    Raises:
        psycopg.Error: the connection is lost.
    """
    columns = (
        packed(UUID_OID, [stream.bytes for stream, _, _ in wanted]),
        packed(INT8_OID, [int8(beyond) for _, beyond, _ in wanted]),
        packed(INT8_OID, [int8(until) for _, _, until in wanted]),
    )
    if tracing.on():  # of a cursor, psycopg's instrumentation makes a span
        cursor = await connection.execute(SELECT, columns, prepare=True, binary=True)
        return await cursor.fetchall()
    result = await LOAD.execute(connection, columns)
    streams = {stream.bytes: stream for stream, _, _ in wanted}
    value = result.get_value
    return [
        (
            streams[value(row, 0) or b""],
            int.from_bytes(value(row, 1) or b"", "big"),
            (value(row, 2) or b"").decode(),
            value(row, 3) or b"",
            int.from_bytes(value(row, 4) or b"", "big"),
        )
        for row in range(result.ntuples)
    ]
