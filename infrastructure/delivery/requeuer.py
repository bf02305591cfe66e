"""Puts into the queue again what is due and not in it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from infrastructure.delivery.queue import DeliveryQueue, QueueItem
from infrastructure.postgres.queries import QueryRunner
from projections.views.notifications import NotificationRow, due_for_attempt

log = structlog.get_logger()

EVER = datetime.min.replace(tzinfo=UTC)


class Requeuer:
    """Puts into the queue what is not there: what Redis forgot, once it is `grace` late; and what
    was held for so long that it never was there, as much before its time."""

    def __init__(
        self,
        questions: QueryRunner,
        queue: DeliveryQueue,
        *,
        grace: timedelta,
        together: int = 5_000,
    ) -> None:
        self._questions = questions
        self._queue = queue
        self._grace = grace
        self._together = together

    async def requeue_missing(self) -> None:
        now = datetime.now(UTC)
        await self._enqueue_missing(EVER, now - self._grace)
        # Between the two lies what the enqueuer may be about to put there.
        await self._enqueue_missing(now, now + self._grace)

    async def _enqueue_missing(self, since: datetime, until: datetime) -> None:
        place, count = (since, UUID(int=0)), 0
        while rows := await self._questions.run(
            due_for_attempt, beyond=place, until=until, limit=self._together
        ):
            place = (rows[-1].attempt_at or until, rows[-1].id)
            count += await asyncio.to_thread(self._enqueue, rows)
        if count:
            log.info("put into the queue by the sweep", count=count)

    def _enqueue(self, rows: Sequence[NotificationRow]) -> int:
        times = {row.id: row.attempt_at for row in rows}
        parcels = [QueueItem(id=row.id, channel=row.channel, attempts=row.attempts) for row in rows]
        missing = self._queue.not_enqueued(parcels)
        for parcel in missing:
            at = times[parcel.id]
            wait = at - datetime.now(UTC) if at else timedelta()
            self._queue.enqueue([parcel], delay=wait if wait > timedelta() else None)
        return len(missing)
