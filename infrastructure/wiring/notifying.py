"""The processes behind reminders and notifications, wired from the settings."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import dramatiq
import structlog

from application.ports import EventStore, Unavailable
from domain.events.reminders import ReminderSet, ReminderSnoozed
from domain.notification import RetryPolicy
from infrastructure.channels.factory import channels
from infrastructure.config.settings import Settings
from infrastructure.delivery import endpoints
from infrastructure.delivery.delivery_builder import DeliveryBuilder
from infrastructure.delivery.enqueuer import Enqueuer
from infrastructure.delivery.queue import ACTOR, MAX_DELAY, QUEUES, DeliveryQueue, redis_client
from infrastructure.delivery.requeuer import Requeuer
from infrastructure.delivery.signed_links import SignedLinks, signing_secret
from infrastructure.delivery.worker import DeliveryWorker
from infrastructure.limits.gcra import Rate, RateLimit
from infrastructure.monitoring.database_metrics import (
    LogMetrics,
    QueueMetrics,
    notifications,
    reminders,
)
from infrastructure.monitoring.process_metrics import pool
from infrastructure.monitoring.server import Monitor, monitored
from infrastructure.postgres.advisory_locks import AdvisoryLocks
from infrastructure.postgres.connections import connect, connect_blocking, query_pool
from infrastructure.postgres.migrations import until_up_to_date
from infrastructure.postgres.queries import QueryRunner
from infrastructure.scheduling import scheduler
from infrastructure.scheduling.periodic import Job
from infrastructure.scheduling.series_top_up import SeriesTopUp
from infrastructure.store.event_log import EventLog
from infrastructure.store.event_store import PostgresEventStore
from infrastructure.store.mapper import RecordMapper
from infrastructure.store.observed_commands import ObservedCommands
from infrastructure.store.subscription import RETRY_SECONDS, follow
from infrastructure.telemetry import tracing
from projections.views.due_reminders import DueReminder

log = structlog.get_logger()

MAX_IDLE_MS = 100  # milliseconds at most between looks into an empty queue


class WorkerParts:
    """What both of these processes need."""

    watched: Monitor

    def __init__(self, settings: Settings, name: str) -> None:
        self.url: str = settings.require("database_url")
        self.settings = settings
        self.grace = timedelta(seconds=settings.sweep_seconds)
        mapper = RecordMapper()
        self.events = EventLog(mapper)
        self.store = PostgresEventStore(partial(connect, self.url, name=f"annals {name}"), mapper)
        self.commands = ObservedCommands(self.store)
        self.pool = query_pool(self.url)
        self.questions = QueryRunner(self.pool)
        redis_url: str = settings.require("redis_url")
        self.redis = redis_client(redis_url, database=settings.queue_database)
        self.queue = DeliveryQueue(self.redis, mark_life=5 * self.grace)


@asynccontextmanager
async def _backstage(settings: Settings, name: str) -> AsyncIterator[WorkerParts]:
    opened = WorkerParts(settings, name)
    async with monitored(settings, name) as opened.watched:
        opened.watched.add(pool("queries", opened.pool))
        opened.watched.add_probe(QueueMetrics(opened.redis))
        await opened.pool.open(wait=False)
        try:
            yield opened
        finally:
            await opened.store.close()
            await opened.pool.close()


async def schedule(settings: Settings) -> None:
    """Let reminders ring, and do what comes round again, until cancelled."""
    async with _backstage(settings, "schedule") as here:
        here.watched.add_probe(LogMetrics(here.events), reminders, notifications)
        await until_up_to_date(here.questions)
        sweeper = Requeuer(here.questions, here.queue, grace=here.grace)
        jobs = [
            Job(name="sweep", every=here.grace / 4, run=sweeper.requeue_missing),
            Job(
                name="forget removed endpoints",
                every=timedelta(hours=1),
                run=partial(here.questions.run, endpoints.delete_removed),
            ),
            Job(
                name="top up the horizon",
                every=timedelta(days=1),
                run=SeriesTopUp(here.questions, here.commands).top_up,
            ),
        ]
        window = timedelta(hours=settings.catch_up_hours)
        await scheduler.schedule(
            here.url,
            here.commands,
            window=window,
            jobs=jobs,
            origin=partial(_origin, here.store) if tracing.on() else None,
        )


async def work(settings: Settings) -> None:
    """Take notifications from the log to the queue, and from there to people, until cancelled."""
    async with _backstage(settings, "work") as here:
        here.watched.add_probe(LogMetrics(here.events, followers=True))
        await until_up_to_date(here.questions)
        locks = AdvisoryLocks(partial(connect_blocking, here.url, name="annals claims"))
        links = await _links(here.questions)
        courier = DeliveryWorker(
            asyncio.get_running_loop(),
            here.commands,
            locks,
            DeliveryBuilder(
                here.questions, links, base_url=settings.address, task_link=settings.task_link
            ),
            channels=channels(settings),
            queue=here.queue,
            limit=RateLimit(here.redis, prefix="told:"),
            rate=Rate(limit=settings.notifications_per_minute, per=60.0),
            retry_policy=RetryPolicy(
                attempts=settings.delivery_attempts,
                first_wait=timedelta(seconds=settings.retry_seconds),
                # Nobody waits longer than this for a server that is back.
                longest_wait=MAX_DELAY,
            ),
        )
        workers = _workers(here.queue, courier, threads=settings.work_threads)
        log.info("working")
        try:
            enqueuer = partial(Enqueuer, here.events, here.queue)
            await follow(here.url, Enqueuer.name, enqueuer, kind="queue")
        finally:
            # In a thread: what is under way still needs this loop to record its outcome.
            await _stopped(workers)
            locks.close()


async def _links(questions: QueryRunner) -> SignedLinks:
    """Read what signs links from a database that may be slow to answer, but does."""
    while True:
        try:
            return SignedLinks(await questions.run(signing_secret))
        except Unavailable as error:
            log.warning("the database was lost; trying again", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)


async def _origin(store: EventStore, reminder: DueReminder) -> str | None:
    """Return the trace in which the reminder was set, or last put off."""
    traces = [
        past.traceparent
        for past in await store.load(reminder.task_id)
        if isinstance(past.event, ReminderSet | ReminderSnoozed)
        and past.event.reminder_id == reminder.id
    ]
    return traces[-1] if traces else None


def _workers(
    queue: DeliveryQueue, courier: DeliveryWorker, *, threads: int
) -> list[dramatiq.Worker]:
    """Start one for each channel, so that a slow one holds up no other."""
    dramatiq.Actor(
        courier.deliver,
        broker=queue.broker,
        actor_name=ACTOR,
        queue_name=QUEUES[0],
        priority=0,
        options={},
    )
    # Each brings middleware of the same type, of which the broker would warn: it is for its queue.
    queue.broker.logger.setLevel(logging.ERROR)
    workers = [
        dramatiq.Worker(
            queue.broker, queues={name}, worker_timeout=MAX_IDLE_MS, worker_threads=threads
        )
        for name in QUEUES
    ]
    for worker in workers:
        worker.start()
    queue.broker.logger.setLevel(logging.NOTSET)
    return workers


async def _stopped(workers: list[dramatiq.Worker]) -> None:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for worker in workers:
            worker.stop(timeout=8_000)
        loop.call_soon_threadsafe(done.set)

    threading.Thread(target=stop, name="stop workers").start()
    await done.wait()
