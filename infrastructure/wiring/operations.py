"""Builds the operations of `annals views`, `annals events` and `annals dead`."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

from psycopg import AsyncConnection

from application.ports.startup import OperationRefused
from application.reactions.catalogue import reactions
from domain.events.recorded import Recorded
from infrastructure.config.settings import Settings
from infrastructure.following.dead_events import DeadEvent, dead_events, discard
from infrastructure.following.growth_watch import POLL_SECONDS
from infrastructure.postgres.notifications import wait_for_notification
from infrastructure.projecting.change_log import PostgresChangeLog
from infrastructure.projecting.list_members import ListMembers
from infrastructure.projecting.reactor import Reactor
from infrastructure.projecting.view_state import ViewState, view_state
from infrastructure.rebuilding.dead_event_retry import NeedsRebuild, react_again, retry
from infrastructure.rebuilding.rebuild import Rebuilt, TableBusy, rebuild
from infrastructure.rebuilding.recovery import Recovery, recover
from infrastructure.rebuilding.shadow_fill import Progress
from infrastructure.rebuilding.shadow_table import RebuildInProgress
from infrastructure.rebuilding.verification import VerificationResult, verify
from infrastructure.store.event_log import CHANNEL, EventLog, Undecodable
from infrastructure.store.mapper import RecordMapper
from infrastructure.store.observed_commands import ObservedCommands
from infrastructure.wiring.database import open_connection, open_store
from projections.catalogue import VIEWS, UnknownView, view_named
from projections.views import view_runs
from projections.views.view_runs import ListedRun

# What the operations below refuse through no fault of the code, each in a sentence for a person.
_REFUSALS = (RebuildInProgress, TableBusy, NeedsRebuild, UnknownView)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except _REFUSALS as error:
        raise OperationRefused(str(error)) from error


class Operations:
    """Reads the log and the views, and repairs views.

    `rebuild`, `verify` and `retry` raise OperationRefused if they are not possible now.
    """

    def __init__(self, url: str, connection: AsyncConnection) -> None:
        self._url = url
        self._connection = connection
        self._events = EventLog(RecordMapper())

    async def views(self) -> Sequence[ViewState]:
        """Return the position, lag and size of every view."""
        return [await view_state(self._connection, view, self._events) for view in VIEWS]

    async def rebuild(self, view: str, *, workers: int, progress: Progress) -> Rebuilt:
        """Rebuild the table of a view."""
        with _refusals():
            return await rebuild(
                self._url, view_named(view), self._events, workers=workers, progress=progress
            )

    async def verify(self, view: str, *, workers: int, progress: Progress) -> VerificationResult:
        """Compare the table of a view with the log."""
        with _refusals():
            return await verify(
                self._url, view_named(view), self._events, workers=workers, progress=progress
            )

    async def runs(self, *, limit: int) -> Sequence[ListedRun]:
        """Return the runs that were requested over the API, the latest first."""
        return await view_runs.latest(self._connection, limit=limit)

    async def recover(self, *, dry_run: bool) -> Recovery:
        """Bring back readers of events that the log no longer has, and list these events."""
        with _refusals():
            return await recover(self._url, self._connection, dry_run=dry_run)

    async def show(self, stream: UUID) -> Sequence[Recorded | Undecodable]:
        """Return all events of one stream."""
        return await self._events.stream(
            self._connection, stream, until=await self._events.end(self._connection)
        )

    async def tail(self, *, last: int) -> AsyncIterator[Recorded | Undecodable]:
        """Yield the `last` events of the log, and then new ones as they come."""
        await self._connection.execute(f"LISTEN {CHANNEL}")
        position = await self._events.before_last(self._connection, last)
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
        """Return the parked events."""
        return await dead_events(self._connection, view=view, discarded=discarded)

    async def retry(self, view: str, stream: UUID) -> str | None:
        """Fold the rows of one stream again; return None, or the error that remains."""
        with _refusals():
            return await retry(self._connection, view_named(view), stream, self._events)

    async def react(self, reaction: str, position: int) -> str | None:
        """Let a reaction handle a parked event; return None, or the error that remains.

        Raises:
            Unavailable: the database does not answer.
        """
        async with open_store(self._url, "care", RecordMapper()) as store:
            known = reactions(ListMembers(self._url), PostgresChangeLog(self._url, store))
            [wanted] = [each for each in known if each.name == reaction]
            reactor = Reactor(wanted, ObservedCommands(store), self._events)
            return await react_again(self._connection, reactor, position, self._events)

    async def discard(self, view: str, position: int) -> bool:
        """Stop counting a parked event; return False if there is none."""
        return await discard(self._connection, view, position)


@asynccontextmanager
async def open_operations(settings: Settings) -> AsyncIterator[Operations]:
    """Open the operations on the database that `settings` name.

    Raises:
        CannotStart: no database is named, or it cannot be reached.
    """
    async with open_connection(settings, "care") as connection:
        yield Operations(settings.database.url_or_fail, connection)
