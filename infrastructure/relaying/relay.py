"""Relays the log to Kafka: every event, in order, at least once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from time import monotonic

import structlog
from psycopg import AsyncConnection

from infrastructure.following.dead_events import Failure, advance_past
from infrastructure.relaying.event_publisher import EventPublisher, PublishBatch
from infrastructure.relaying.producer import (
    BrokerUnavailable,
    KafkaConfig,
    KafkaProducer,
    MessageRejected,
)
from infrastructure.relaying.topics import TopicAdmin
from infrastructure.store.event_log import EventLog, Page
from infrastructure.telemetry import tracing
from infrastructure.telemetry.metrics import RELAY_RESTARTS, RELAY_SENT

log = structlog.get_logger()

READER = "relay"
BATCH_EVENTS = 2_000  # events; a crash sends at most this many again
# Before the read after a short page the relay pauses for about as long as so many events take to
# come: fewer would cost as much to send, and more would wait for each other.
PAUSE_EVENTS = 16
MIN_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.002, 0.02
# After a page of at least BUSY_EVENTS the log is read for so long before the relay waits for a
# notification, which comes no sooner.
BUSY_EVENTS, BUSY_SECONDS = 10, 0.02
MIN_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS = 0.25, 5.0  # seconds between attempts to reach Kafka
LOG_INTERVAL_SECONDS = 10.0  # seconds between progress reports


def next_pause(last: float, events: int) -> float:
    """Return the seconds in which about PAUSE_EVENTS come, if `events` came in the `last`."""
    return min(MAX_PAUSE_SECONDS, max(MIN_PAUSE_SECONDS, last * PAUSE_EVENTS / max(events, 1)))


class Relay:
    """Relays a batch at a time: it is sent and acknowledged, then the position moves.

    A batch that was not acknowledged completely is sent again completely, by a new producer. So
    the first copies of all events arrive in order, even while two relays run.
    """

    def __init__(self, kafka: KafkaConfig, events: EventLog, *, source: str) -> None:
        self._kafka = kafka
        self._log = events
        self._topics = TopicAdmin(kafka)
        self._publisher = EventPublisher(events, source=source)
        self._producer: KafkaProducer | None = None
        self._rejected: dict[str, str] = {}
        self._pause = MIN_PAUSE_SECONDS
        self._backoff = MIN_BACKOFF_SECONDS
        self._relayed, self._reported_at = 0, monotonic()

    async def advance(self, connection: AsyncConnection, start: int, *, limit: int) -> int:
        """Relay the log beyond `start` to its end; return the position reached.

        Retries for as long as Kafka cannot be reached.

        Raises:
            CheckpointMoved: the position is no longer `start`; another relay continued from it.
            psycopg.Error: the database cannot be reached.
        """
        if self._producer and self._producer.lost_contact():
            self.close()
        await self._connect(connection)
        page = await self._log.read(connection, start, limit=BATCH_EVENTS)
        while page.horizon > start:
            reading = asyncio.create_task(self._read_on(connection, page))
            try:
                failures = await self._send(connection, page)
                following = await reading
            finally:
                reading.cancel()
            await advance_past(connection, READER, failures, start=start, end=page.horizon)
            self._log_progress(page)
            start, page = page.horizon, following
        return start

    def close(self) -> None:
        """Drop what was not acknowledged."""
        if self._producer:
            self._producer.close()
            self._producer = None

    async def _read_on(self, connection: AsyncConnection, page: Page) -> Page:
        self._pause = next_pause(self._pause, len(page.entries))
        began, full = monotonic(), len(page.entries) >= BATCH_EVENTS
        while True:
            if not full:
                await asyncio.sleep(self._pause)
            following = await self._log.read(connection, page.horizon, limit=BATCH_EVENTS)
            busy = len(page.entries) >= BUSY_EVENTS and monotonic() - began < BUSY_SECONDS
            if following.horizon > page.horizon or not busy:
                return following
            full = False  # it was the last full one

    async def _send(self, connection: AsyncConnection, page: Page) -> Sequence[Failure]:
        """Send the page until Kafka acknowledges it; return the entries that cannot be sent."""
        while True:
            batch = await self._publisher.batch(connection, page.entries, refused=self._rejected)
            producer = await self._connect(connection)
            try:
                with _span(batch):
                    await asyncio.to_thread(producer.publish, batch.events)
            except MessageRejected as rejection:
                RELAY_RESTARTS.inc()
                self._rejected[rejection.event_id] = str(rejection)
                self.close()
            except BrokerUnavailable as error:
                RELAY_RESTARTS.inc()
                self.close()
                await self._back_off(connection, error)
            else:
                self._backoff = MIN_BACKOFF_SECONDS
                self._rejected.clear()
                for topic, sent in Counter(topic for topic, _ in batch.events).items():
                    RELAY_SENT.labels(topic).inc(sent)
                return batch.failures

    async def _connect(self, connection: AsyncConnection) -> KafkaProducer:
        while self._producer is None:
            try:
                await asyncio.to_thread(self._prepare_topics)
                self._producer = KafkaProducer(self._kafka)
            except BrokerUnavailable as error:
                await self._back_off(connection, error)
        return self._producer

    def _prepare_topics(self) -> None:
        if self._kafka.create_topics and (created := self._topics.create()):
            log.info("topics_created", topics=created)
        for topic in self._topics.compare():
            if not topic.exists:
                raise BrokerUnavailable(
                    f"there is no topic {topic.name}: run `annals relay --create-topics`"
                )
            if topic.wrong:
                log.warning(
                    "topic_differs_from_settings", topic=topic.name, differences=topic.wrong
                )

    async def _back_off(self, connection: AsyncConnection, error: BrokerUnavailable) -> None:
        log.warning("broker_unavailable", error=str(error), retry_in_seconds=self._backoff)
        await asyncio.sleep(self._backoff)
        self._backoff = min(2 * self._backoff, MAX_BACKOFF_SECONDS)
        # If the connection is lost, so is the lock that makes this relay the active one.
        await connection.execute("SELECT 1")

    def _log_progress(self, page: Page) -> None:
        self._relayed += len(page.entries)
        if monotonic() - self._reported_at >= LOG_INTERVAL_SECONDS:
            log.info("events_relayed", events=self._relayed, position=page.horizon)
            self._relayed, self._reported_at = 0, monotonic()


def _span(batch: PublishBatch) -> AbstractContextManager[object]:
    """Trace the batch, with links to the traces of its events."""
    if not tracing.on() or not batch.events:
        return nullcontext()
    links = [event.traceparent or None for _, event in batch.events]
    return tracing.span("relay", kind="producer", links=links, events=len(batch.events))
