"""From the log to the queue: what is asked to be told is put there, at least once."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import structlog
from psycopg import AsyncConnection
from redis.exceptions import RedisError

from application.ports import Unavailable
from domain.events import Recorded
from domain.notification_events import NotificationRequested, NotificationRetried
from domain.vocabulary import ChannelName, NotificationId
from infrastructure.event_log import EventLog
from infrastructure.positions import move
from infrastructure.questions import Questions
from infrastructure.queue import LONGEST_DELAY, Parcel, Queue
from projections.notifications import overdue

log = structlog.get_logger()

SWEPT = 5_000  # notifications a sweep looks at


class Enqueuer:
    """A reader of the log, with a position of its own that moves once all is in the queue."""

    name = "enqueue"

    def __init__(self, events: EventLog, queue: Queue) -> None:
        self._log = events
        self._queue = queue

    async def advance(self, connection: AsyncConnection, start: int, *, limit: int) -> int:
        page = await self._log.read(connection, start, limit=limit)
        if page.horizon == start:
            return start
        facts = [entry for entry in page.entries if isinstance(entry, Recorded)]
        parcels = list(_parcels(facts, datetime.now(UTC)))
        if parcels:
            try:
                await asyncio.to_thread(self._queue.put, parcels)
            except RedisError as error:
                raise Unavailable("The queue") from error
        async with connection.transaction():
            await move(connection, self.name, start=start, end=page.horizon)
        return page.horizon


def _parcels(facts: list[Recorded], now: datetime) -> Iterator[Parcel]:
    for recorded in facts:
        event, told = recorded.event, NotificationId(recorded.originator_id)
        if isinstance(event, NotificationRequested):
            held = event.not_before is not None and event.not_before > now + LONGEST_DELAY
            if event.channel is not ChannelName.IN_APP and event.digest_id is None and not held:
                yield Parcel(id=told, channel=event.channel, traceparent=recorded.traceparent)
        elif isinstance(event, NotificationRetried) and event.channel is not None:
            yield Parcel(id=told, channel=event.channel, traceparent=recorded.traceparent)


class Sweeper:
    """Puts into the queue what should have been told `grace` ago: Redis forgot it, or it was
    held for so long that it was never there."""

    def __init__(self, questions: Questions, queue: Queue, *, grace: timedelta) -> None:
        self._questions = questions
        self._queue = queue
        self._grace = grace

    async def sweep(self) -> None:
        since = datetime.now(UTC) - self._grace
        rows = await self._questions.ask(overdue, since, limit=SWEPT)
        parcels = [Parcel(id=row.id, channel=row.channel, attempts=row.attempts) for row in rows]
        lost = await asyncio.to_thread(self._queue.missing, parcels)
        if lost:
            await asyncio.to_thread(self._queue.put, lost)
            log.info("put back into the queue", count=len(lost))
