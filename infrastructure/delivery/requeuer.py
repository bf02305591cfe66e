"""Enqueues due notifications that are not in the queue."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from infrastructure.delivery.queue import DeliveryQueue, QueueItem
from infrastructure.postgres.queries import QueryRunner
from projections.views.reminders.notifications import NotificationRow, due_for_attempt

log = structlog.get_logger()

BEGINNING = datetime.min.replace(tzinfo=UTC)


class Requeuer:
    """Enqueues what Redis lost, once it is `grace` late, and what was due too late to be enqueued
    when it was requested, as long before it is due."""

    def __init__(
        self,
        query_runner: QueryRunner,
        queue: DeliveryQueue,
        *,
        grace: timedelta,
        batch_size: int = 5_000,
    ) -> None:
        self._query_runner = query_runner
        self._queue = queue
        self._grace = grace
        self._batch_size = batch_size

    async def requeue_missing(self) -> None:
        """Enqueue all that is missing.

        Raises:
            Unavailable: the database cannot be reached.
            redis.RedisError: Redis cannot be reached.
        """
        now = datetime.now(UTC)
        await self._enqueue_missing(BEGINNING, now - self._grace)
        # What is due between the two may be about to be enqueued.
        await self._enqueue_missing(now, now + self._grace)

    async def _enqueue_missing(self, since: datetime, until: datetime) -> None:
        position, count = (since, UUID(int=0)), 0
        while rows := await self._query_runner.run(
            due_for_attempt, beyond=position, until=until, limit=self._batch_size
        ):
            position = (rows[-1].attempt_at or until, rows[-1].id)
            count += await asyncio.to_thread(self._enqueue, rows)
        if count:
            log.info("notifications_requeued", count=count)

    def _enqueue(self, rows: Sequence[NotificationRow]) -> int:
        due = {row.id: row.attempt_at for row in rows}
        items = [QueueItem(id=row.id, channel=row.channel, attempts=row.attempts) for row in rows]
        missing = self._queue.not_enqueued(items)
        for item in missing:
            at = due[item.id]
            delay = at - datetime.now(UTC) if at else timedelta()
            self._queue.enqueue([item], delay=delay if delay > timedelta() else None)
        return len(missing)
