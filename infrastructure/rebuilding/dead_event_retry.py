"""Folds a stream of a view afresh, so that what was set aside counts after all."""

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from domain.events.recorded import Recorded
from infrastructure.projecting.view_fold import fold
from infrastructure.projecting.view_table import ViewTable
from infrastructure.store.checkpoints import lock
from infrastructure.store.event_log import EventFilter, EventLog, Undecodable
from projections.view import View


class NeedsRebuild(Exception):
    """A row of an append-only view cannot be mended in place."""

    def __init__(self, view: str) -> None:
        super().__init__(
            f"The rows of {view} are never changed; use `annals views rebuild {view}`."
        )


async def retry(
    connection: AsyncConnection, view: View[Any], stream: UUID, log: EventLog
) -> str | None:
    """Fold the stream's rows afresh from its first event; return None, or why it fails still.

    Facts that came after a dead one were folded without it, so giving the view that one
    fact now would not do: only the whole stream in order makes the row right. It is all
    or nothing: while one event of the stream remains indigestible, the rows stay as they
    are. The projector waits meanwhile.

    Raises:
        NeedsRebuild: the view is append-only.
    """
    if view.append_only:
        raise NeedsRebuild(view.name)
    table = ViewTable(view)
    async with connection.transaction():
        position = await lock(connection, view.name)
        facts: list[Recorded] = []
        for entry in EventFilter(view).select(await log.stream(connection, stream, until=position)):
            if isinstance(entry, Undecodable):
                return entry.error
            facts.append(entry)
        try:
            keys = {view.key(recorded) for recorded in facts}
            fresh = fold(view, {}, facts).rows
            async with connection.transaction():
                await table.delete(connection, keys)
                await table.write(connection, fresh)
        except Exception as error:
            return repr(error)
        await connection.execute(
            "DELETE FROM dead_events WHERE view = %s AND stream = %s", (view.name, stream)
        )
    return None
