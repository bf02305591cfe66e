"""Tails the log once per process, and hands each account what concerns it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NoReturn

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection

from application.ports.live import Closed, LiveEvent, Resync
from domain.events.recorded import Recorded
from domain.vocabulary import AccountId
from infrastructure.live.feed import Feed, merged
from infrastructure.postgres.connections import connect
from infrastructure.postgres.queries import QueryRunner
from infrastructure.store.event_log import CHANNEL, EventLog
from infrastructure.store.read_your_writes import ViewWaiter
from infrastructure.store.stream_owners import StreamOwners
from projections.publishing.cloud_event import CloudEvent
from projections.publishing.cloud_events import to_cloud_event
from projections.publishing.public_events import PUBLIC_EVENTS
from projections.views.feed import positions_of_owner

log = structlog.get_logger()

POLL_SECONDS = 0.25  # seconds: a notification can be lost
RETRY_SECONDS = 0.5  # seconds after the database was lost
PAGE_EVENTS = 500  # events read at once for one who comes back
MAX_EVENTS_BEHIND = 10_000  # events after which starting afresh is quicker than catching up

_json = msgspec.json.Encoder()


class LogTail:
    """What every connection of this process listens to.

    A connection has a position and no buffer of its own: it reads beyond its position what
    its account's feed remembers, and from the log what the feed has forgotten. So however
    slow it is, it costs nothing, and it can be taken up anywhere else at the same position.
    """

    def __init__(
        self,
        url: str,
        events: EventLog,
        questions: QueryRunner,
        waiting: ViewWaiter,
        *,
        source: str,
        rate: int = 10,
    ) -> None:
        self._url = url
        self._log = events
        self._questions = questions
        self._waiting = waiting
        self._source = source
        self._owners = StreamOwners(events)
        self._feeds: dict[AccountId, Feed] = {}
        self._wanted = asyncio.Event()
        self._begun = asyncio.Event()
        self._coming = 0
        self._paused: set[asyncio.Event] = set()
        self.closed = False
        self.position = 0
        self.rate = rate
        self.resyncs = 0

    async def run(self) -> NoReturn:
        """Follow the log until cancelled, through lost connections."""
        while True:
            try:
                async with await connect(self._url, name="annals live") as connection:
                    if self._begun.is_set():  # somebody listens who heard all up to here
                        await connection.execute(f"LISTEN {CHANNEL}")
                    while True:
                        if not self._begun.is_set():
                            await self._begin(connection)
                        await self._follow(connection)
                        await connection.execute(f"UNLISTEN {CHANNEL}")
            except (psycopg.Error, OSError) as error:
                log.warning("live updates lost the database; trying again", error=str(error))
            except Exception:
                log.exception("live updates stand still; trying again")
            await asyncio.sleep(RETRY_SECONDS)

    @asynccontextmanager
    async def listen(
        self, owner: AccountId, *, after: int | None = None
    ) -> AsyncIterator["LiveListener"]:
        """Listen to what concerns `owner` beyond the position `after`, or from now on."""
        self._coming += 1
        self._wanted.set()
        try:
            await self._begun.wait()
        finally:
            self._coming -= 1
        feed = self._feeds.get(owner)
        if feed is None:
            feed = self._feeds[owner] = Feed(self.position)
        listener = LiveListener(self, owner, feed, self.position if after is None else after)
        feed.ears.add(listener.news)
        try:
            yield listener
        finally:
            feed.ears.discard(listener.news)
            if not feed.ears and self._feeds.get(owner) is feed:
                del self._feeds[owner]

    async def pause(self, news: asyncio.Event, *, timeout_seconds: float) -> None:
        """Wait for news, at most `timeout_seconds`; raise Closed when the process stops."""
        if self.closed:
            raise Closed
        self._paused.add(news)
        try:
            async with asyncio.timeout(timeout_seconds):
                await news.wait()
        except TimeoutError:
            return
        finally:
            self._paused.discard(news)
        if self.closed:
            raise Closed

    def close(self) -> None:
        """Let every listener know that it must go on elsewhere."""
        self.closed = True
        for news in self._paused:
            news.set()
        for feed in self._feeds.values():
            for news in feed.ears:
                news.set()

    @property
    def listeners(self) -> int:
        return sum(len(feed.ears) for feed in self._feeds.values())

    async def past(
        self, owner: AccountId, *, after: int, until: int
    ) -> tuple[Sequence[LiveEvent], int] | None:
        """Return a stretch of the owner's events beyond `after` and how far it reaches.

        None: there is too much of it. Raises Unavailable: the database is away.
        """
        if not await self._waiting.until("history", until):
            return (), after  # the history is late; the next time it will have come further
        ahead = await self._questions.run(
            positions_of_owner, owner, after=after, until=until, limit=MAX_EVENTS_BEHIND + 1
        )
        if len(ahead) > MAX_EVENTS_BEHIND:
            return None
        page = ahead[:PAGE_EVENTS]
        found = await self._questions.run(self._read, owner, page)
        return found, page[-1] if len(page) < len(ahead) else until

    async def _read(
        self, connection: AsyncConnection, owner: AccountId, positions: Sequence[int]
    ) -> Sequence[LiveEvent]:
        entries = await self._log.at(connection, positions)
        facts = [entry for entry in entries if isinstance(entry, Recorded)]
        return [told for fact in facts if (told := self._live_event(fact, owner))]

    async def _begin(self, connection: AsyncConnection) -> None:
        """Wait for somebody to listen; whatever happens until then is nobody's concern here."""
        await self._wanted.wait()
        await connection.execute(f"LISTEN {CHANNEL}")
        self.position = await self._log.end(connection)
        self._begun.set()

    async def _follow(self, connection: AsyncConnection) -> None:
        """Follow the log for as long as anybody listens."""
        while self._feeds or self._coming:
            page = await self._log.read(connection, self.position)
            facts = [
                entry
                for entry in page.entries
                if isinstance(entry, Recorded) and type(entry.event) in PUBLIC_EVENTS
            ]
            if facts:
                owners = await self._owners.of(connection, facts)
                for fact in facts:
                    owner = owners.get(fact.originator_id)
                    feed = self._feeds.get(owner) if owner else None
                    if feed and owner and (told := self._live_event(fact, owner)):
                        feed.add(told)
            if page.horizon == self.position:
                async for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                    pass
            self.position = page.horizon
        self._begun.clear()
        self._wanted.clear()

    def _live_event(self, fact: Recorded, owner: AccountId) -> LiveEvent | None:
        try:
            event: CloudEvent | None = to_cloud_event(fact, owner, source=self._source)
        except Exception:
            log.exception("an event cannot be announced", position=fact.position)
            return None
        if event is None:
            return None
        return LiveEvent(
            position=fact.position,
            type=event.type,
            subject=event.subject,
            json=_json.encode(event),
        )


class LiveListener:
    """One connection's place in the log. `position` is that of the last event it was given.

    It is given `rate` messages a second as they come. Beyond that they come together, ten
    times a second or so, and changes of one task that follow each other come as one.
    """

    def __init__(self, live: LogTail, owner: AccountId, feed: Feed, position: int) -> None:
        self.position = position
        self.news = asyncio.Event()
        self._live = live
        self._owner = owner
        self._feed = feed
        self._clock = asyncio.get_running_loop().time
        self._allowed, self._since = float(live.rate), self._clock()

    async def next_events(self, *, timeout_seconds: float) -> Sequence[LiveEvent] | Resync:
        """Return the next events, in order, or none when none came within `timeout_seconds`.

        Raises:
            Closed: this process stops.
            Unavailable: the database, asked for what was missed, is away.
        """
        found = await self._next(timeout_seconds)
        if isinstance(found, Resync) or not found:
            return found
        now = self._clock()
        self._allowed = min(self._live.rate, self._allowed + (now - self._since) * self._live.rate)
        self._since = now
        if self._allowed < 1:
            await asyncio.sleep(1 / self._live.rate)
            found = [*found, *self._remembered()]
        if len(found) > self._allowed:
            found = merged(found)
        self._allowed = max(0.0, self._allowed - len(found))
        return found

    async def _next(self, timeout_seconds: float) -> Sequence[LiveEvent] | Resync:
        self.news.clear()
        if self._live.closed:
            raise Closed
        if self.position < self._feed.since:
            return await self._catch_up()
        if found := self._remembered():
            return found
        try:
            async with asyncio.timeout(timeout_seconds):
                await self.news.wait()
        except TimeoutError:
            return ()
        if self._live.closed:
            raise Closed
        return self._remembered()

    def _remembered(self) -> Sequence[LiveEvent]:
        found = (self._feed.beyond(self.position) or [])[:PAGE_EVENTS]
        if found:
            self.position = found[-1].position
        return found

    async def _catch_up(self) -> Sequence[LiveEvent] | Resync:
        until = self._feed.since
        past = await self._live.past(self._owner, after=self.position, until=until)
        if past is None:
            self._live.resyncs += 1
            self.position = self._live.position
            return Resync(position=self.position)
        found, self.position = past
        return found
