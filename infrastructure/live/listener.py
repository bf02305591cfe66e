"""A connection's reader of an account's events, with a position of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

from application.ports.live import Closed, LiveEvent, Resync
from application.ports.signal import Signal
from infrastructure.live.feed import Feed, merged
from infrastructure.live.past_events import PastEvents
from infrastructure.live.token_bucket import TokenBucket

# Reads the log after the first position up to the second.
ReadPast: TypeAlias = Callable[[int, int], Awaitable[PastEvents | Resync]]
# Returns where to begin anew, or None if the log goes on from the position.
CheckPosition: TypeAlias = Callable[[int], Awaitable[Resync | None]]

# Seconds between resyncs for events that cannot be read: as long as a newer release records
# events that this one does not know, clients must not read everything again for each.
GAP_SECONDS = 5.0


class FeedListener:
    """Reads the feed of an account, and from the log what the feed no longer keeps.

    A listener gets a resync for a position of a history that the database no longer has, when the
    history changes, and in place of an event that cannot be read (at most every `GAP_SECONDS`).
    It gets events as they come while the bucket has tokens; beyond that together, about ten times
    a second, with consecutive updates of a task merged.
    """

    def __init__(
        self,
        feed: Feed,
        read_past: ReadPast,
        check_position: CheckPosition,
        count_resync: Callable[[], None],
        bucket: TokenBucket,
        *,
        position: int,
        checked: bool,
    ) -> None:
        """`checked`: the position is the tail's own, and not one that a client remembers."""
        self._feed = feed
        self._resets = feed.resets
        self._read_past = read_past
        self._check_position = check_position
        self._count_resync = count_resync
        self._bucket = bucket
        self._position = position
        self._checked = checked
        self._signal = Signal()
        self._next_gap_at = float("-inf")  # on the clock of the event loop

    @property
    def position(self) -> int:
        """The position of the last event that was given out, or at which the listener started."""
        return self._position

    def seek(self, position: int) -> None:
        """Continue after `position`, which a client remembers."""
        self._position, self._checked = position, False

    def open(self) -> None:
        self._feed.subscribe(self._signal)

    def close(self) -> None:
        self._feed.unsubscribe(self._signal)

    async def next_events(self, *, timeout_seconds: float) -> Sequence[LiveEvent] | Resync:
        """Return the next events, in order; none if none came within `timeout_seconds`.

        Raises:
            Closed: this process is stopping.
            Unavailable: past events cannot be read, the database is not reachable.
        """
        events = await self._next(timeout_seconds)
        if isinstance(events, Resync):
            self._count_resync()
            return events
        if not events:
            return events
        tokens = self._bucket.available()
        if tokens < 1:
            await asyncio.sleep(self._bucket.interval)
            more = self._feed.beyond(self._position)
            if more and not isinstance(more, Resync):
                self._position = more[-1].position
                events = [*events, *more]
        if len(events) > tokens:
            events = merged(events)
        self._bucket.take(len(events))
        return events

    async def _next(self, timeout_seconds: float) -> Sequence[LiveEvent] | Resync:
        self._signal.clear()
        if self._feed.closed:
            raise Closed
        if self._resets != self._feed.resets:
            self._resets, self._position, self._checked = self._feed.resets, self._feed.since, True
            return Resync(position=self._position)
        if not self._checked:
            resync = await self._check_position(self._position)
            self._checked = True
            if resync is not None:
                self._position = resync.position
                return resync
        if self._position < self._feed.since:
            return await self._from_log()
        if events := await self._from_feed(timeout_seconds):
            return events
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._signal.wait()
        except TimeoutError:
            return ()
        if self._feed.closed:
            raise Closed
        return await self._from_feed(timeout_seconds)

    async def _from_feed(self, timeout_seconds: float) -> Sequence[LiveEvent] | Resync:
        events = self._feed.beyond(self._position)
        if isinstance(events, Resync):
            return await self._after_gap(timeout_seconds)
        if events:
            self._position = events[-1].position
        return events

    async def _after_gap(self, timeout_seconds: float) -> Sequence[LiveEvent] | Resync:
        """Return a resync at the latest event once the one before is long enough ago."""
        clock = asyncio.get_running_loop().time
        if (seconds := self._next_gap_at - clock()) > 0:
            await self._wait_unless_closed(min(seconds, timeout_seconds))
            if seconds > timeout_seconds:
                return ()
        self._next_gap_at = clock() + GAP_SECONDS
        self._position = self._feed.end
        return Resync(position=self._position)

    async def _wait_unless_closed(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._feed.closed:
                    self._signal.clear()
                    await self._signal.wait()
        if self._feed.closed:
            raise Closed

    async def _from_log(self) -> Sequence[LiveEvent] | Resync:
        past = await self._read_past(self._position, self._feed.since)
        self._position = past.position
        return past if isinstance(past, Resync) else past.events
