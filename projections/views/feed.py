"""Where in the log the facts of one account stand, as the history knows it."""

from collections.abc import Sequence
from uuid import UUID

from psycopg import AsyncConnection


async def positions_of_owner(
    connection: AsyncConnection, owner: UUID, *, after: int, until: int, limit: int
) -> Sequence[int]:
    """Return at most `limit` log positions of the owner's facts in (after, until], rising.

    Whole only when the history has come as far as `until`.
    """
    cursor = await connection.execute(
        "SELECT position FROM history WHERE owner = %s AND position > %s AND position <= %s"
        " ORDER BY position LIMIT %s",
        (owner, after, until, limit),
        prepare=True,
    )
    return [position for (position,) in await cursor.fetchall()]
