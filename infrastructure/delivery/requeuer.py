"""Puts into the queue again what is due and not in it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from infrastructure.delivery.queue import Parcel, Queue
from infrastructure.postgres.queries import Questions
from projections.views.notifications import NotificationRow, to_try

log = structlog.get_logger()

EVER = datetime.min.replace(tzinfo=UTC)


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
