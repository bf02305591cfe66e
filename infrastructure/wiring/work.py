"""Runs `annals work`: notifications from the log to the queue, and from there to people."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from functools import partial

import structlog

from application.ports.limits import Presence
from domain.notification import RetryPolicy
from infrastructure.channels.factory import channels
from infrastructure.config.settings import Settings
from infrastructure.delivery.delivery_builder import DeliveryBuilder
from infrastructure.delivery.endpoints import SealedEndpointAddresses
from infrastructure.delivery.enqueuer import Enqueuer
from infrastructure.delivery.queue import MAX_DELAY
from infrastructure.delivery.signed_links import HmacSignedLinks
from infrastructure.delivery.worker import DeliveryWorker
from infrastructure.delivery.worker_threads import WorkerThreads
from infrastructure.following.subscription import follow
from infrastructure.limits.gcra import GcraRate, RateLimit
from infrastructure.limits.presence import RedisPresence
from infrastructure.limits.redis_client import open_redis
from infrastructure.monitoring.database_metrics import LogMetrics
from infrastructure.postgres.advisory_locks import AdvisoryLocks
from infrastructure.postgres.connections import connect_blocking
from infrastructure.security.installation_secret import read_installation_secret
from infrastructure.wiring.notification_parts import NotificationParts, open_notification_parts
from infrastructure.wiring.outbound import outbound

log = structlog.get_logger()


async def run_work(settings: Settings) -> None:
    """Queue and deliver notifications until cancelled.

    Raises:
        BadSetting: a setting that this process needs is missing.
        CannotStart: the port for metrics is taken, or the database was begun with another secret.
    """
    secret = read_installation_secret(settings.tokens.keys_dir_or_fail)
    async with (
        open_notification_parts(settings, "work", secret=secret) as parts,
        aclosing(open_redis(settings.redis.url_or_fail)) as redis,
    ):
        database = parts.database
        parts.monitor.add_probe(LogMetrics(database.log, followers=True))
        locks = AdvisoryLocks(partial(connect_blocking, database.url, name="annals claims"))
        worker = _worker(settings, parts, locks, secret, RedisPresence(redis))
        threads = WorkerThreads(parts.queue, worker.deliver, threads=settings.delivery.threads)
        log.info("worker_started")
        try:
            enqueuer = partial(Enqueuer, database.log, parts.queue)
            await follow(database.url, Enqueuer.name, enqueuer, kind="queue")
        finally:
            await threads.stop()
            locks.close()


def _worker(
    settings: Settings,
    parts: NotificationParts,
    locks: AdvisoryLocks,
    secret: bytes,
    presence: Presence,
) -> DeliveryWorker:
    queries = parts.database.queries
    builder = DeliveryBuilder(
        queries,
        SealedEndpointAddresses(queries, secret),
        HmacSignedLinks(secret),
        presence,
        base_url=settings.http.address,
        task_link=settings.delivery.task_link or settings.http.address + "/tasks/{id}",
    )
    return DeliveryWorker(
        asyncio.get_running_loop(),
        parts.database.commands,
        locks,
        builder,
        channels=channels(settings, outbound(settings)),
        queue=parts.queue,
        limit=RateLimit(parts.queue.client, prefix="told:"),
        rate=GcraRate(limit=settings.delivery.notifications_per_minute, per=60.0),
        retry_policy=RetryPolicy(
            attempts=settings.delivery.attempts,
            first_wait=timedelta(seconds=settings.delivery.retry_seconds),
            # A server that is back is tried again after this time at the latest.
            longest_wait=MAX_DELAY,
        ),
    )
