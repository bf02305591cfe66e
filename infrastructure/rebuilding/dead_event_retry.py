"""Retries parked events: folds their whole stream into the view again."""

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from domain.events.recorded import Recorded
from infrastructure.following.checkpoints import lock
from infrastructure.following.dead_events import clear_stream
from infrastructure.following.event_filter import EventFilter
from infrastructure.projecting.view_fold import fold
from infrastructure.projecting.view_table import ViewTable
from infrastructure.store.event_log import EventLog, Undecodable
from projections.view import View


class NeedsRebuild(Exception):
    """A row of an append-only view cannot be repaired in place."""

    def __init__(self, view: str) -> None:
        super().__init__(
            f"The rows of {view} are never changed; use `annals views rebuild {view}`."
        )


async def retry(
    connection: AsyncConnection, view: View[Any], stream: UUID, log: EventLog
) -> str | None:
    """Fold the stream's rows again from its first event; return None, or why it still fails.

    Events after the parked one were folded without it, so folding that event alone would not
    do: only the whole stream in order makes the row right. It is all or nothing: while the view
    cannot take in some event of the stream, the rows stay as they are. The projector waits
    meanwhile.

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
            fresh = fold(view, {}, facts).upserts
            async with connection.transaction():
                await table.delete(connection, keys)
                await table.write(connection, fresh)
        except Exception as error:
            return repr(error)
        await clear_stream(connection, view.name, stream)
    return None
