"""Retries parked events: a view folds their whole stream again, a reaction handles them again."""

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from application.ports.unavailable import Unavailable
from domain.events.recorded import Recorded
from infrastructure.following.checkpoints import lock
from infrastructure.following.dead_events import clear, clear_stream
from infrastructure.following.event_filter import EventFilter
from infrastructure.projecting.reactor import Reactor
from infrastructure.projecting.view_fold import fold
from infrastructure.projecting.view_table import ViewTable
from infrastructure.store.event_log import EventLog, Undecodable
from projections.view import View


class NeedsRebuild(Exception):
    """A row that is never changed, or made of several streams, cannot be repaired in place."""

    def __init__(self, view: str) -> None:
        super().__init__(
            f"Rows of {view} cannot be folded one by one: run `annals views rebuild {view}`."
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
        NeedsRebuild: the view is append-only, or its rows are made of several streams.
    """
    if view.append_only or view.spans_streams:
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


async def react_again(
    connection: AsyncConnection, reactor: Reactor, position: int, log: EventLog
) -> str | None:
    """Let a reaction handle a parked event now; return None, or why it still fails.

    What it handled before changes nothing the second time.

    Raises:
        Unavailable: the store does not answer.
    """
    found = await log.at(connection, [position])
    if not found:
        return "the log has no event at this position"
    [entry] = found
    if isinstance(entry, Undecodable):
        return entry.error
    try:
        await reactor.react(entry)
    except Unavailable:
        raise
    except Exception as error:
        return repr(error)
    await clear(connection, reactor.name, [position])
    return None
