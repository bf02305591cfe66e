"""From the log to the queue: what is asked to be told is put there, at least once."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

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
from projections.notifications import NotificationRow, to_try

log = structlog.get_logger()

EVER = datetime.min.replace(tzinfo=UTC)


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
    """Puts into the queue what is not there: what Redis forgot, once it is `grace` late; and what
    was held for so long that it never was there, as much before its time."""

    def __init__(
        self, questions: Questions, queue: Queue, *, grace: timedelta, together: int = 5_000
    ) -> None:
        self._questions = questions
        self._queue = queue
        self._grace = grace
        self._together = together

    async def sweep(self) -> None:
        now = datetime.now(UTC)
        await self._put_missing(EVER, now - self._grace)
        # Between the two lies what the enqueuer may be about to put there.
        await self._put_missing(now, now + self._grace)

    async def _put_missing(self, since: datetime, until: datetime) -> None:
        place, count = (since, UUID(int=0)), 0
        while rows := await self._questions.ask(
            to_try, beyond=place, until=until, limit=self._together
        ):
            place = (rows[-1].attempt_at or until, rows[-1].id)
            count += await asyncio.to_thread(self._put, rows)
        if count:
            log.info("put into the queue by the sweep", count=count)

    def _put(self, rows: Sequence[NotificationRow]) -> int:
        times = {row.id: row.attempt_at for row in rows}
        parcels = [Parcel(id=row.id, channel=row.channel, attempts=row.attempts) for row in rows]
        missing = self._queue.missing(parcels)
        for parcel in missing:
            at = times[parcel.id]
            wait = at - datetime.now(UTC) if at else timedelta()
            self._queue.put([parcel], delay=wait if wait > timedelta() else None)
        return len(missing)
