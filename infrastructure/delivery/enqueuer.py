"""Enqueues requested notifications from the log, each at least once."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import ClassVar

import structlog
from psycopg import AsyncConnection
from redis.exceptions import RedisError

from application.ports.unavailable import Unavailable
from domain.events.event import Event
from domain.events.notifications import NotificationRequested, NotificationRetried
from domain.events.recorded import Recorded
from domain.vocabulary import ChannelName, NotificationId
from infrastructure.delivery.queue import MAX_DELAY, DeliveryQueue, QueueItem
from infrastructure.following.checkpoints import LazyPosition
from infrastructure.following.dead_events import Failure, advance_past
from infrastructure.following.event_filter import EventFilter
from infrastructure.store.event_log import EventLog, Undecodable

log = structlog.get_logger()

LAZY_SECONDS = 1.0  # between two moves where nothing is enqueued


class Enqueuer:
    """A reader of the log; its position moves after the notifications are in the queue, and now
    and then where there are none.

    An event that cannot be read is parked.
    """

    name = "enqueue"
    listens_to: ClassVar[tuple[type[Event], ...]] = (NotificationRequested, NotificationRetried)

    def __init__(self, events: EventLog, queue: DeliveryQueue) -> None:
        self._log = events
        self._queue = queue
        self._filter = EventFilter(self)
        self._position = LazyPosition(LAZY_SECONDS)

    async def advance(self, connection: AsyncConnection, start: int, *, limit: int) -> int:
        """Enqueue from at most `limit` events beyond `start`; return the position reached.

        Raises:
            CheckpointMoved: the position is no longer `start`.
            Unavailable: Redis cannot be reached.
        """
        page = await self._log.read(connection, start, limit=limit)
        at_end = page.horizon == start
        start = self._position.written(start)
        if page.horizon == start:
            return start
        entries = self._filter.of_page(page)
        if not entries and not at_end and self._position.may_skip(start, page.horizon):
            return page.horizon
        recorded = [entry for entry in entries if isinstance(entry, Recorded)]
        items = list(_items(recorded, datetime.now(UTC)))
        if items:
            try:
                await asyncio.to_thread(self._queue.enqueue, items)
            except RedisError as error:
                raise Unavailable("The queue") from error
        failures = [
            Failure(entry=entry, error=entry.error)
            for entry in entries
            if isinstance(entry, Undecodable)
        ]
        await advance_past(connection, self.name, failures, start=start, end=page.horizon)
        self._position.moved()
        return page.horizon


def _items(events: Sequence[Recorded], now: datetime) -> Iterator[QueueItem]:
    for recorded in events:
        channel = _channel(recorded, now)
        if channel is not None:
            notification_id = NotificationId(recorded.originator_id)
            yield QueueItem(id=notification_id, channel=channel, traceparent=recorded.traceparent)


def _channel(recorded: Recorded, now: datetime) -> ChannelName | None:
    """Return the channel over which the event asks for a delivery soon; None if it does not."""
    match recorded.event:
        case NotificationRequested(channel=channel, digest_id=digest_id, not_before=not_before):
            # The digest is delivered in place of its parts, and the requeuer enqueues later ones.
            later = not_before is not None and not_before > now + MAX_DELAY
            in_app = channel is ChannelName.IN_APP
            return None if in_app or later or digest_id is not None else channel
        case NotificationRetried(channel=channel):
            return channel
        case _:
            return None
