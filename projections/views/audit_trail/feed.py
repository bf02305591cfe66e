"""The log positions of the events of one account, read from the view history."""

from collections.abc import Sequence
from uuid import UUID

from psycopg import AsyncConnection


async def positions_of_owner(
    connection: AsyncConnection, owner: UUID, *, after: int, until: int, limit: int
) -> Sequence[int]:
    """Return at most `limit` log positions of the owner's events in (after, until], ascending.

    None are missing once the history has reached `until`.
    """
    cursor = await connection.execute(
        "SELECT position FROM history WHERE owner = %s AND position > %s AND position <= %s"
        " ORDER BY position LIMIT %s",
        (owner, after, until, limit),
        prepare=True,
    )
    return [position for (position,) in await cursor.fetchall()]
