"""Reads the events of an account from the log, for a listener that missed some."""

from collections.abc import Sequence

from psycopg import AsyncConnection

from application.ports.live import LiveEvent, Resync
from application.ports.queries import PositionLost
from domain.record import Record
from domain.vocabulary import AccountId
from infrastructure.following.dead_events import parked_streams
from infrastructure.following.public_entries import PRIVATE_TOPICS, may_be_public
from infrastructure.following.read_your_writes import PostgresViewWaiter
from infrastructure.following.stream_owners import StreamOwners
from infrastructure.live import feed
from infrastructure.live.live_events import LiveEvents
from infrastructure.postgres.queries import QueryRunner
from infrastructure.store.event_log import EventLog
from projections.views.audit_trail.feed import positions_of_owner

HISTORY = "history"  # the view that has the positions of an account's events
MAX_EVENTS_BEHIND = 10_000  # events; a client further behind loads everything again instead


class PastEvents(Record):
    """Some events, and the position up to which they are complete."""

    events: Sequence[LiveEvent]
    position: int


class PastEventReader:
    """Finds the positions of an account's events in the history view, and reads them."""

    def __init__(
        self,
        events: EventLog,
        query_runner: QueryRunner,
        view_waiter: PostgresViewWaiter,
        live_events: LiveEvents,
    ) -> None:
        self._log = events
        self._query_runner = query_runner
        self._view_waiter = view_waiter
        self._live_events = live_events

    async def read(self, owner: AccountId, *, after: int, until: int) -> PastEvents | None:
        """Return the owner's first events after `after` up to `until`.

        None: there are too many, or one of them cannot be read.

        Raises:
            Unavailable: the database cannot be reached.
        """
        try:
            late = not await self._view_waiter.until(HISTORY, until)
        except PositionLost:  # the tail is about to learn of it
            late = True
        if late:
            return PastEvents(events=(), position=after)  # the caller retries
        positions = await self._query_runner.run(
            positions_of_owner, owner, after=after, until=until, limit=MAX_EVENTS_BEHIND + 1
        )
        if len(positions) > MAX_EVENTS_BEHIND:
            return None
        if await self._query_runner.run(self._lacks_events, owner, after=after, until=until):
            return None
        page = positions[: feed.PAGE_EVENTS]
        events = await self._query_runner.run(self._read_at, owner, page)
        if events is None:
            return None
        return PastEvents(events=events, position=page[-1] if len(page) < len(positions) else until)

    async def _read_at(
        self, connection: AsyncConnection, owner: AccountId, positions: Sequence[int]
    ) -> Sequence[LiveEvent] | None:
        events: list[LiveEvent] = []
        for entry in await self._log.at(connection, positions):
            if may_be_public(entry):
                event = self._live_events.of(entry, owner)
                if isinstance(event, Resync):
                    return None
                events.append(event)
        return events

    async def _lacks_events(
        self, connection: AsyncConnection, owner: AccountId, *, after: int, until: int
    ) -> bool:
        """Return whether the history view could not take in an event that may be the owner's."""
        streams = await parked_streams(
            connection, HISTORY, after=after, until=until, but=PRIVATE_TOPICS
        )
        owners = await StreamOwners(self._log).of_streams(connection, streams)
        return any(named in {owner, None} for named in owners.values())
