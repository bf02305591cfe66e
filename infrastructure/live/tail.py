"""Tails the log once per process: for the feeds of the accounts, and for what ends identities."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import NoReturn

import psycopg
import structlog

from application.ports.live import Closed, Resync
from domain.events.recorded import Recorded
from domain.vocabulary import AccountId
from infrastructure.authentication.revocations import Revocations
from infrastructure.following.public_entries import may_be_public
from infrastructure.following.read_your_writes import PostgresViewWaiter
from infrastructure.following.stream_owners import StreamOwners
from infrastructure.live.feed import Feed
from infrastructure.live.listener import FeedListener
from infrastructure.live.live_events import LiveEvents
from infrastructure.live.past_events import PastEventReader, PastEvents
from infrastructure.live.token_bucket import TokenBucket
from infrastructure.postgres.connections import DatabaseConnection, connect
from infrastructure.postgres.notifications import wait_for_notification
from infrastructure.postgres.outages import OUTAGE
from infrastructure.postgres.queries import QueryRunner
from infrastructure.store.event_log import CHANNEL, EventLog, Undecodable, drawn_positions

log = structlog.get_logger()

POLL_SECONDS = 0.25  # seconds between reads of the log: a notification can be lost
QUIET_SECONDS = 1.0  # the same, while nobody asks for anything
RETRY_SECONDS = 0.5  # seconds between attempts to reach the database


class Idle:
    """Without listeners only revocations are read of the log."""

    def __init__(self) -> None:
        self.listener_waits = asyncio.Event()
        self.over = asyncio.Event()


class Following:
    """With listeners the log is read, so far up to `position`."""

    def __init__(self, position: int, history_start: int) -> None:
        self.position = position
        self.history_start = history_start


class LogTail:
    """Feeds every live connection of this process.

    A connection has a position and no buffer of its own: it reads its account's feed, and from
    the log what the feed no longer keeps. So a slow connection costs no memory, and a client can
    resume at its position in any other process.
    """

    def __init__(
        self,
        url: str,
        events: EventLog,
        query_runner: QueryRunner,
        view_waiter: PostgresViewWaiter,
        *,
        source: str,
        rate: int = 10,
        revocations: Revocations | None = None,
    ) -> None:
        """`rate` is the number of events a second a listener is given without delay."""
        self._url = url
        self._log = events
        self._owners = StreamOwners(events)
        self._revocations = revocations
        self._revocations_due = 0.0  # on the clock of the event loop
        self._query_runner = query_runner
        self._live_events = LiveEvents(source=source)
        self._past = PastEventReader(events, query_runner, view_waiter, self._live_events)
        self._state: Idle | Following = Idle()
        self._demand = 0  # listeners, and those about to become listeners
        self._feeds: dict[AccountId, Feed] = {}
        self._waiting: set[asyncio.Event] = set()
        self._closed = False
        self.rate = rate
        self.resyncs = 0  # since the process started

    @property
    def gaps(self) -> int:
        """How many events could not be sent to anybody since the process started."""
        return self._live_events.gaps

    @property
    def listeners(self) -> int:
        return sum(feed.listeners for feed in self._feeds.values())

    async def run(self) -> NoReturn:
        """Follow the log until cancelled, and across lost connections."""
        while True:
            try:
                async with await connect(self._url, name="annals live") as connection:
                    if isinstance(self._state, Following):
                        await connection.execute(f"LISTEN {CHANNEL}")
                        await self._resume(connection, self._state)
                    while True:
                        await self._step(connection)
            except (psycopg.Error, OSError) as error:
                OUTAGE.lost(error)
            except Exception:
                log.exception("live_tail_failed")
            await asyncio.sleep(RETRY_SECONDS)

    @asynccontextmanager
    async def listen(
        self, owner: AccountId, *, after: int | None = None
    ) -> AsyncIterator[FeedListener]:
        """Listen to the events of `owner` beyond the position `after`, by default to new ones."""
        self._demand += 1
        try:
            following = await self._started()
            feed = self._feeds.get(owner)
            if feed is None:
                feed = self._feeds[owner] = Feed(following.position, closed=self._closed)
            listener = FeedListener(
                feed,
                partial(self._read_past, owner),
                self._check_position,
                self._count_resync,
                TokenBucket(self.rate, asyncio.get_running_loop().time),
                position=following.position if after is None else after,
                checked=after is None,
            )
            listener.open()
            try:
                yield listener
            finally:
                listener.close()
                if not feed.listeners and self._feeds.get(owner) is feed:
                    del self._feeds[owner]
        finally:
            self._demand -= 1

    async def pause(self, signal: asyncio.Event, *, timeout_seconds: float) -> None:
        """Wait until `signal` is set, at most `timeout_seconds`.

        Raises:
            Closed: this process is stopping.
        """
        if self._closed:
            raise Closed
        self._waiting.add(signal)
        try:
            async with asyncio.timeout(timeout_seconds):
                await signal.wait()
        except TimeoutError:
            return
        finally:
            self._waiting.discard(signal)
        if self._closed:
            raise Closed

    def close(self) -> None:
        """Make every listener and every `pause` raise Closed."""
        self._closed = True
        for feed in self._feeds.values():
            feed.close()
        for signal in self._waiting:
            signal.set()

    async def _started(self) -> Following:
        while isinstance(self._state, Idle):
            self._state.listener_waits.set()
            await self._state.over.wait()
        return self._state

    async def _step(self, connection: DatabaseConnection) -> None:
        """Wait for a listener, or follow the log until there is none."""
        match self._state:
            case Idle() as idle:
                pause = POLL_SECONDS
                if self._revocations is not None:
                    await self._revocations.read(connection)
                    pause = POLL_SECONDS if self._revocations.are_awaited() else QUIET_SECONDS
                if not await _is_set(idle.listener_waits, pause):
                    return
                await connection.execute(f"LISTEN {CHANNEL}")
                end = await self._log.end(connection)
                self._state = Following(end, _history_start(connection))
                idle.over.set()
            case Following() as following:
                while self._demand:
                    await self._read_revocations(connection)
                    await self._advance(connection, following)
                self._state = Idle()
                await connection.execute(f"UNLISTEN {CHANNEL}")

    async def _read_revocations(self, connection: DatabaseConnection) -> None:
        """Read them some times a second, however fast the pages of the log follow each other."""
        now = asyncio.get_running_loop().time()
        if self._revocations is not None and now >= self._revocations_due:
            self._revocations_due = now + POLL_SECONDS
            await self._revocations.read(connection)

    async def _resume(self, connection: DatabaseConnection, following: Following) -> None:
        """Go on over a new connection: the listeners have all events so far.

        In a new history of the database some of these may never have happened.
        """
        start, end = _history_start(connection), await self._log.end(connection)
        # Positions beyond the end: a copy of the files was put back, without a new timeline.
        if start != following.history_start or end < following.position:
            following.position, following.history_start = end, start
            self._owners.forget()
            for feed in self._feeds.values():
                feed.reset(following.position)

    async def _advance(self, connection: DatabaseConnection, following: Following) -> None:
        """Distribute the next page of the log, or wait until there is more."""
        if connection.outdated:
            raise psycopg.OperationalError("the database has another history now")
        page = await self._log.read(connection, following.position)
        public = [entry for entry in page.entries if may_be_public(entry)]
        if public:
            owners = await self._owners.of(connection, public)
            for entry in public:
                self._distribute(entry, owners.get(entry.originator_id))
        if page.horizon == following.position:
            await wait_for_notification(connection, timeout_seconds=POLL_SECONDS)
        following.position = page.horizon

    def _distribute(self, entry: Recorded | Undecodable, owner: AccountId | None) -> None:
        """Add an entry to its owner's feed; to all feeds where nobody knows whose it is."""
        feed = self._feeds.get(owner) if owner else None
        if feed is None and owner is not None:
            return
        event = self._live_events.of(entry, owner)
        for each in [feed] if feed else self._feeds.values():
            each.add(event)

    def _count_resync(self) -> None:
        self.resyncs += 1

    async def _read_past(self, owner: AccountId, after: int, until: int) -> PastEvents | Resync:
        past = await self._past.read(owner, after=after, until=until)
        if past is not None:
            return past
        return Resync(position=(await self._started()).position)

    async def _check_position(self, position: int) -> Resync | None:
        """Return where a client must begin anew whose position belongs to a lost history."""
        following = await self._started()
        if not 0 < position <= following.history_start:
            if position <= following.position:
                return None
            # Another process may have recorded it just now; a lost position lies beyond all.
            if position <= await self._query_runner.run(drawn_positions):
                return None
        return Resync(position=following.position)


async def _is_set(signal: asyncio.Event, timeout_seconds: float) -> bool:
    try:
        async with asyncio.timeout(timeout_seconds):
            return await signal.wait()
    except TimeoutError:
        return False


def _history_start(connection: DatabaseConnection) -> int:
    history = connection.watch.history
    return 0 if history is None else history.start
