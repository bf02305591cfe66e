"""Builds what `annals schedule` and `annals work` both need: the database and the queue."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from domain.record import Record
from infrastructure.config.settings import Settings
from infrastructure.delivery.queue import DeliveryQueue, redis_client
from infrastructure.monitoring.process_metrics import pool
from infrastructure.monitoring.queue_metrics import QueueMetrics
from infrastructure.monitoring.server import Monitor, monitored
from infrastructure.postgres.migrations import until_up_to_date
from infrastructure.wiring.database import Database, open_database


class NotificationParts(Record):
    """`grace` is how long a notification may be on its way before it is queued again."""

    database: Database
    queue: DeliveryQueue
    grace: timedelta
    monitor: Monitor


@asynccontextmanager
async def open_notification_parts(
    settings: Settings, name: str, *, secret: bytes | None = None
) -> AsyncIterator[NotificationParts]:
    """Open the database and the queue, and wait until the schema is up to date.

    With a `secret`, the database is used only where its log was begun with it.

    Raises:
        CannotStart: a setting is missing, the port for metrics is taken, or the log was begun with
            another secret.
    """
    redis_url = settings.redis.url_or_fail
    redis = redis_client(redis_url, database=settings.redis.queue_database)
    grace = timedelta(seconds=settings.delivery.requeue_seconds)
    async with (
        monitored(settings, name) as monitor,
        open_database(settings, name, secret=secret) as database,
    ):
        monitor.add(pool("queries", database.pool))
        monitor.add_probe(QueueMetrics(redis))
        await until_up_to_date(database.queries)
        yield NotificationParts(
            database=database,
            queue=DeliveryQueue(redis, mark_life=5 * grace),
            grace=grace,
            monitor=monitor,
        )
