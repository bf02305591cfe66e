"""Follows the log into Kafka: all of it, in order, now and then a stretch of it twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from time import monotonic

import structlog
from psycopg import AsyncConnection

from infrastructure.relaying.event_publisher import EventPublisher, PublishBatch, PublishFailure
from infrastructure.relaying.producer import (
    BrokerUnavailable,
    KafkaConfig,
    KafkaProducer,
    MessageRejected,
)
from infrastructure.relaying.topics import TopicAdmin
from infrastructure.store.checkpoints import advance
from infrastructure.store.dead_events import park
from infrastructure.store.event_log import EventLog, Page
from infrastructure.telemetry import tracing
from infrastructure.telemetry.metrics import RELAY_RESTARTS, RELAY_SENT

log = structlog.get_logger()

READER = "relay"
BATCH_EVENTS = 2_000  # events: the most that a crash sends a second time
BATCH_PAUSE_SECONDS = (
    0.002  # seconds before the next read when there was little to read: so that it is more
)
# While so many events come at once, more are looked for so often (20 ms) before we wait for the
# writers to ring: they ring no sooner than that.
MANY, LOOKS = 10, 10
FIRST_WAIT, LONGEST_WAIT = 0.25, 5.0  # seconds while Kafka is away
LOG_INTERVAL_SECONDS = 10.0  # seconds between lines in the log


class Relay:
    """Takes the log to Kafka, a batch at a time: sent, acknowledged, then the position moved.

    A batch that was not acknowledged as a whole is sent again as a whole, by a new producer.
    So whatever arrives for the first time arrives in order, even while two relays run.
    """

    def __init__(self, kafka: KafkaConfig, events: EventLog, *, source: str) -> None:
        self._kafka = kafka
        self._log = events
        self._topics = TopicAdmin(kafka)
        self._announcer = EventPublisher(events, source=source)
        self._publisher: KafkaProducer | None = None
        self._refused: dict[str, str] = {}
        self._wait = FIRST_WAIT
        self._relayed, self._said = 0, monotonic()

    async def advance(self, connection: AsyncConnection, start: int, *, limit: int) -> int:
        """Relay all there is beyond `start`; return where that ends.

        Waits for Kafka as long as it takes. Raises Overtaken when the position is no longer
        where it was left: another relay has gone on from there.
        """
        await self._connect(connection)
        page = await self._log.read(connection, start, limit=BATCH_EVENTS)
        while page.horizon > start:
            reading = asyncio.create_task(self._read_on(connection, page))
            try:
                failures = await self._deliver(connection, page)
                following = await reading
            finally:
                reading.cancel()
            async with connection.transaction():
                await advance(connection, READER, start=start, end=page.horizon)
                for failure in failures:
                    await park(connection, READER, failure.entry, failure.error)
            self._log_progress(page)
            start, page = page.horizon, following
        return start

    def close(self) -> None:
        """Give up what is on its way."""
        if self._publisher:
            self._publisher.close()
            self._publisher = None

    async def _read_on(self, connection: AsyncConnection, page: Page) -> Page:
        looks = LOOKS if len(page.entries) >= MANY else 1
        while True:
            if len(page.entries) < BATCH_EVENTS:
                await asyncio.sleep(BATCH_PAUSE_SECONDS)
            following = await self._log.read(connection, page.horizon, limit=BATCH_EVENTS)
            looks -= 1
            if following.horizon > page.horizon or not looks:
                return following

    async def _deliver(self, connection: AsyncConnection, page: Page) -> Sequence[PublishFailure]:
        """Return, once Kafka has acknowledged the rest, what of the page cannot be announced."""
        while True:
            letters = await self._announcer.batch(connection, page.entries, refused=self._refused)
            publisher = await self._connect(connection)
            try:
                with _span(letters):
                    await asyncio.to_thread(publisher.publish, letters.events)
            except MessageRejected as refusal:
                RELAY_RESTARTS.inc()
                self._refused[refusal.event_id] = str(refusal)
                self.close()
            except BrokerUnavailable as trouble:
                RELAY_RESTARTS.inc()
                self.close()
                await self._back_off(connection, trouble)
            else:
                self._wait = FIRST_WAIT
                self._refused.clear()
                for topic, sent in Counter(topic for topic, _ in letters.events).items():
                    RELAY_SENT.labels(topic).inc(sent)
                return letters.failures

    async def _connect(self, connection: AsyncConnection) -> KafkaProducer:
        while self._publisher is None:
            try:
                await asyncio.to_thread(self._prepare_topics)
                self._publisher = KafkaProducer(self._kafka)
            except BrokerUnavailable as trouble:
                await self._back_off(connection, trouble)
        return self._publisher

    def _prepare_topics(self) -> None:
        if self._kafka.create_topics and (made := self._topics.create()):
            log.info("created topics", topics=made)
        for topic in self._topics.compare():
            if not topic.exists:
                raise BrokerUnavailable(
                    f"there is no topic {topic.name}: run `annals relay --create-topics`"
                )
            if topic.wrong:
                log.warning("a topic is not as set", topic=topic.name, has=topic.wrong)

    async def _back_off(self, connection: AsyncConnection, trouble: BrokerUnavailable) -> None:
        log.warning("Kafka takes no events; trying again", why=str(trouble), in_seconds=self._wait)
        await asyncio.sleep(self._wait)
        self._wait = min(2 * self._wait, LONGEST_WAIT)
        # Who has lost the connection has lost the lock that makes this relay the only one.
        await connection.execute("SELECT 1")

    def _log_progress(self, page: Page) -> None:
        self._relayed += len(page.entries)
        if monotonic() - self._said >= LOG_INTERVAL_SECONDS:
            log.info("relayed", events=self._relayed, position=page.horizon)
            self._relayed, self._said = 0, monotonic()


def _span(letters: PublishBatch) -> AbstractContextManager[object]:
    """A batch is a trace of its own, and knows whose events it takes along."""
    if not tracing.on() or not letters.events:
        return nullcontext()
    links = [event.traceparent or None for _, event in letters.events]
    return tracing.span("relay", kind="producer", links=links, events=len(letters.events))
