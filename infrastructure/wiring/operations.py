"""What those who look after the views and the log can do, wired from the settings."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from application.reactions.catalogue import REACTIONS
from domain.events.recorded import Recorded
from infrastructure.config.settings import CannotStart, Settings
from infrastructure.monitoring.database_metrics import LogMetrics
from infrastructure.monitoring.server import monitored
from infrastructure.postgres.connections import connect
from infrastructure.postgres.notifications import wait_for_notification
from infrastructure.projecting import projector
from infrastructure.projecting.view_fold import ProjectionError
from infrastructure.projecting.view_state import ViewState, view_state
from infrastructure.rebuilding.dead_event_retry import NeedsRebuild, retry
from infrastructure.rebuilding.rebuild import Progress, TableBusy, rebuild
from infrastructure.rebuilding.shadow_table import RebuildInProgress
from infrastructure.rebuilding.verification import VerificationResult, verify
from infrastructure.store.cached_log import CachedLog
from infrastructure.store.dead_events import DeadEvent, dead_events, discard
from infrastructure.store.event_log import CHANNEL, EventLog, Undecodable
from infrastructure.store.event_store import PostgresEventStore
from infrastructure.store.mapper import RecordMapper
from infrastructure.store.observed_commands import ObservedCommands
from infrastructure.store.subscription import POLL_SECONDS
from projections.catalogue import VIEWS, UnknownView, view_named

# What stops the work below through no fault of the code; the message is fit for a person.
OPERATION_ERRORS = (RebuildInProgress, TableBusy, ProjectionError, NeedsRebuild, UnknownView)


async def project(settings: Settings) -> None:
    """Follow the log into every view, and react to it, until cancelled."""
    url: str = settings.require("database_url")
    mapper = RecordMapper()
    store = PostgresEventStore(partial(connect, url, name="annals reactions"), mapper)
    async with monitored(settings, "project") as watched:
        watched.add_probe(LogMetrics(EventLog(mapper), followers=True))
        try:
            await projector.project(
                url,
                CachedLog(mapper),
                views=VIEWS,
                reactions=REACTIONS,
                commands=ObservedCommands(store),
                tally=True,
            )
        finally:
            await store.close()


class Operations:
    """A look at the log and the views, and the means to mend them."""

    def __init__(self, url: str, connection: AsyncConnection) -> None:
        self._url = url
        self._connection = connection
        self._events = EventLog(RecordMapper())

    async def views(self) -> Sequence[ViewState]:
        """Return how every view is doing."""
        return [await view_state(self._connection, view, self._events) for view in VIEWS]

    async def rebuild(self, view: str, *, workers: int, progress: Progress) -> int:
        """Make a view's table anew; return the log position it then shows."""
        return await rebuild(
            self._url, view_named(view), self._events, workers=workers, progress=progress
        )

    async def verify(self, view: str, *, workers: int, progress: Progress) -> VerificationResult:
        """Compare a view's table with the log."""
        return await verify(
            self._url, view_named(view), self._events, workers=workers, progress=progress
        )

    async def show(self, stream: UUID) -> Sequence[Recorded | Undecodable]:
        """Return all that happened to one stream."""
        return await self._events.stream(
            self._connection, stream, until=await self._events.end(self._connection)
        )

    async def tail(self, *, last: int) -> AsyncIterator[Recorded | Undecodable]:
        """Yield about the `last` events of the log, and then those that come, for ever."""
        await self._connection.execute(f"LISTEN {CHANNEL}")
        position = max(0, await self._events.end(self._connection) - last)
        while True:
            page = await self._events.read(self._connection, position)
            for entry in page.entries:
                yield entry
            if page.horizon == position:
                await wait_for_notification(self._connection, timeout_seconds=POLL_SECONDS)
            position = page.horizon

    async def dead(
        self, *, view: str | None = None, discarded: bool = False
    ) -> Sequence[DeadEvent]:
        """Return the events that are set aside."""
        return await dead_events(self._connection, view=view, discarded=discarded)

    async def retry(self, view: str, stream: UUID) -> str | None:
        """Fold one stream's rows of a view afresh; return None, or why that fails still."""
        return await retry(self._connection, view_named(view), stream, self._events)

    async def discard(self, view: str, position: int) -> bool:
        """Count a dead event no more; False when there is no such one."""
        return await discard(self._connection, view, position)


@asynccontextmanager
async def open_operations(settings: Settings) -> AsyncIterator[Operations]:
    """Open the means to look after the database that `settings` name.

    Raises:
        CannotStart: it is not named, or cannot be reached.
    """
    url: str = settings.require("database_url")
    try:
        connection = await connect(url, name="annals care")
    except psycopg.OperationalError as error:
        raise CannotStart(f"The database cannot be reached: {error}".strip()) from error
    async with connection:
        yield Operations(url, connection)
