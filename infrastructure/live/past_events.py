"""Reads the events of an account from the log, for a listener that missed some."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from psycopg import AsyncConnection

from application.ports.live import LiveEvent
from application.ports.queries import PositionLost
from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId
from infrastructure.following.read_your_writes import ViewWaiter
from infrastructure.live import feed
from infrastructure.postgres.queries import QueryRunner
from infrastructure.store.event_log import EventLog
from projections.views.feed import positions_of_owner

MAX_EVENTS_BEHIND = 10_000  # events; a client further behind loads everything again instead

# Returns an event as its owner's clients get it, or None if it is not public.
ToLiveEvent: TypeAlias = Callable[[Recorded, AccountId], LiveEvent | None]


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
        view_waiter: ViewWaiter,
        to_live_event: ToLiveEvent,
    ) -> None:
        self._log = events
        self._query_runner = query_runner
        self._view_waiter = view_waiter
        self._to_live_event = to_live_event

    async def read(self, owner: AccountId, *, after: int, until: int) -> PastEvents | None:
        """Return the owner's first events after `after` up to `until`; None if there are too many.

        Raises:
            Unavailable: the database cannot be reached.
        """
        try:
            late = not await self._view_waiter.until("history", until)
        except PositionLost:  # the tail is about to learn of it
            late = True
        if late:
            return PastEvents(events=(), position=after)  # the caller retries
        positions = await self._query_runner.run(
            positions_of_owner, owner, after=after, until=until, limit=MAX_EVENTS_BEHIND + 1
        )
        if len(positions) > MAX_EVENTS_BEHIND:
            return None
        page = positions[: feed.PAGE_EVENTS]
        events = await self._query_runner.run(self._read_at, owner, page)
        return PastEvents(events=events, position=page[-1] if len(page) < len(positions) else until)

    async def _read_at(
        self, connection: AsyncConnection, owner: AccountId, positions: Sequence[int]
    ) -> Sequence[LiveEvent]:
        entries = await self._log.at(connection, positions)
        recorded = [entry for entry in entries if isinstance(entry, Recorded)]
        return [event for entry in recorded if (event := self._to_live_event(entry, owner))]
