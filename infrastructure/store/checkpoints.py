"""How far each view has come: moved only by whoever knows where it stood."""

from psycopg import AsyncConnection

# The channel on which the views say, once they have moved, that they have.
CHANNEL = "annals_views"


class CheckpointMoved(Exception):
    """Someone else moved the position: whatever was folded from the old one is void."""

    def __init__(self, reader: str, position: int) -> None:
        super().__init__(f"{reader} no longer stands at position {position}.")


async def applied(connection: AsyncConnection, view: str) -> int:
    """Return the log position up to which the view shows everything, 0 before it begins."""
    cursor = await connection.execute(
        "SELECT notification_id FROM notification_tracking WHERE application_name = %s",
        (view,),
        prepare=True,
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def begin(connection: AsyncConnection, reader: str) -> int:
    """Return the reader's position, having made sure that there is one to move."""
    await connection.execute(
        "INSERT INTO notification_tracking (application_name, notification_id)"
        " VALUES (%s, 0) ON CONFLICT DO NOTHING",
        (reader,),
    )
    return await applied(connection, reader)


async def advance(connection: AsyncConnection, reader: str, *, start: int, end: int) -> None:
    """Move the position from `start` to `end`, and say so once the transaction commits.

    Comes first in a transaction that writes rows: the position's row lock makes those who
    would write the same rows wait their turn.

    Raises:
        Overtaken: it did not stand at `start`.
    """
    cursor = await connection.execute(
        "WITH moved AS (UPDATE notification_tracking SET notification_id = %s"
        " WHERE application_name = %s AND notification_id = %s RETURNING application_name)"
        " SELECT pg_notify(%s, application_name) FROM moved",
        (end, reader, start, CHANNEL),
        prepare=True,
    )
    if cursor.rowcount != 1:
        raise CheckpointMoved(reader, start)


async def lock(connection: AsyncConnection, reader: str) -> int:
    """Return the position, which nobody else moves until this transaction ends."""
    cursor = await connection.execute(
        "SELECT notification_id FROM notification_tracking WHERE application_name = %s FOR UPDATE",
        (reader,),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
