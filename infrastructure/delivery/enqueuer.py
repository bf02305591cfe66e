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
from infrastructure.following.checkpoints import advance
from infrastructure.following.dead_events import park
from infrastructure.following.event_filter import EventFilter
from infrastructure.store.event_log import EventLog, Undecodable

log = structlog.get_logger()


class Enqueuer:
    """A reader of the log; its position moves after the notifications are in the queue.

    An event that cannot be read is parked.
    """

    name = "enqueue"
    listens_to: ClassVar[tuple[type[Event], ...]] = (NotificationRequested, NotificationRetried)

    def __init__(self, events: EventLog, queue: DeliveryQueue) -> None:
        self._log = events
        self._queue = queue
        self._filter = EventFilter(self)

    async def advance(self, connection: AsyncConnection, start: int, *, limit: int) -> int:
        """Enqueue from at most `limit` events beyond `start`; return the position reached.

        Raises:
            CheckpointMoved: the position is no longer `start`.
            Unavailable: Redis cannot be reached.
        """
        page = await self._log.read(connection, start, limit=limit)
        if page.horizon == start:
            return start
        entries = self._filter.select(page.entries)
        recorded = [entry for entry in entries if isinstance(entry, Recorded)]
        items = list(_items(recorded, datetime.now(UTC)))
        if items:
            try:
                await asyncio.to_thread(self._queue.enqueue, items)
            except RedisError as error:
                raise Unavailable("The queue") from error
        async with connection.transaction():
            await advance(connection, self.name, start=start, end=page.horizon)
            for entry in entries:
                if isinstance(entry, Undecodable):
                    await park(connection, self.name, entry, entry.error)
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
