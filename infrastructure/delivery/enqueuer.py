"""From the log to the queue: what is asked to be told is put there, at least once."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import structlog
from psycopg import AsyncConnection
from redis.exceptions import RedisError

from application.ports import Unavailable
from domain.events.notifications import NotificationRequested, NotificationRetried
from domain.events.recorded import Recorded
from domain.vocabulary import ChannelName, NotificationId
from infrastructure.delivery.queue import MAX_DELAY, DeliveryQueue, QueueItem
from infrastructure.store.checkpoints import advance
from infrastructure.store.event_log import EventLog

log = structlog.get_logger()


class Enqueuer:
    """A reader of the log, with a position of its own that moves once all is in the queue."""

    name = "enqueue"

    def __init__(self, events: EventLog, queue: DeliveryQueue) -> None:
        self._log = events
        self._queue = queue

    async def advance(self, connection: AsyncConnection, start: int, *, limit: int) -> int:
        page = await self._log.read(connection, start, limit=limit)
        if page.horizon == start:
            return start
        facts = [entry for entry in page.entries if isinstance(entry, Recorded)]
        parcels = list(_items(facts, datetime.now(UTC)))
        if parcels:
            try:
                await asyncio.to_thread(self._queue.enqueue, parcels)
            except RedisError as error:
                raise Unavailable("The queue") from error
        async with connection.transaction():
            await advance(connection, self.name, start=start, end=page.horizon)
        return page.horizon


def _items(facts: list[Recorded], now: datetime) -> Iterator[QueueItem]:
    for recorded in facts:
        event, told = recorded.event, NotificationId(recorded.originator_id)
        if isinstance(event, NotificationRequested):
            held = event.not_before is not None and event.not_before > now + MAX_DELAY
            if event.channel is not ChannelName.IN_APP and event.digest_id is None and not held:
                yield QueueItem(id=told, channel=event.channel, traceparent=recorded.traceparent)
        elif isinstance(event, NotificationRetried) and event.channel is not None:
            yield QueueItem(id=told, channel=event.channel, traceparent=recorded.traceparent)
