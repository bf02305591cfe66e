"""Kafka: what is known of the broker, and a producer that keeps order and loses nothing."""

import logging
import threading
import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from application.ports.startup import BadSetting
from domain.record import Record
from infrastructure.config.settings import Settings
from projections.publishing.cloud_event import CloudEvent, attributes
from projections.publishing.public_events import KafkaTopic

# The client speaks of every attempt to connect; what matters comes back as an exception.
CLIENT_LOG = logging.getLogger("librdkafka")
CLIENT_LOG.setLevel(logging.CRITICAL)

# Librdkafka gives up on a message this much later than we give up on the whole batch: were it
# to drop one that is too old and go on with those behind it, their order would be lost.
GRACE_SECONDS = 10.0  # seconds
POLL_SECONDS = 0.2  # seconds between looks at whether the publisher is to be closed

# What the broker holds against the event itself: it would never take it.
OF_THE_EVENT = frozenset(
    {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD, KafkaError.INVALID_MSG_SIZE}
)

LATE = "no acknowledgement in time"


class KafkaConfig(Record):
    """A broker, and what its topics are called and made like."""

    bootstrap_servers: str
    names: Mapping[KafkaTopic, str]
    options: Mapping[str, str] = {}
    partitions: int = 6
    replication: int = 0  # 0: as the broker thinks best
    retention_days: int = 7  # 0: for ever
    create_topics: bool = False
    timeout_seconds: float = 20.0  # seconds for a batch

    @classmethod
    def of(cls, settings: Settings) -> "KafkaConfig":
        """Raises BadSetting: no broker is named, or a topic nobody knows is renamed."""
        named = dict(settings.kafka.topics)
        if unknown := named.keys() - set(KafkaTopic):
            raise BadSetting(
                f"ANNALS_KAFKA_TOPICS names {min(unknown)!r}, which is none of"
                f" {', '.join(KafkaTopic)}."
            )
        return cls(
            bootstrap_servers=settings.kafka.bootstrap_servers_or_fail,
            options=dict(settings.kafka.options),
            names={topic: named.get(topic, str(topic)) for topic in KafkaTopic},
            partitions=settings.kafka.partitions,
            replication=settings.kafka.replication,
            retention_days=settings.kafka.retention_days,
            create_topics=settings.kafka.create_topics,
            timeout_seconds=settings.kafka.timeout_seconds,
        )

    @property
    def client(self) -> dict[str, Any]:
        """Options that every client needs."""
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "client.id": "annals",
            "reconnect.backoff.max.ms": 1_000,
            "log_level": 4,
            **self.options,
        }


class BrokerUnavailable(Exception):
    """Kafka did not acknowledge everything; what was sent last is to be sent again."""


class MessageRejected(Exception):
    """Kafka takes all but this event, now and ever."""

    def __init__(self, event_id: str, error: str) -> None:
        super().__init__(error)
        self.event_id = event_id


class KafkaProducer:
    """One producer. After an error it is of no more use: an idempotent producer does not
    recover from a broker that lost its memory, and a new one is made in no time."""

    def __init__(self, kafka: KafkaConfig) -> None:
        self._names = kafka.names
        self._timeout_seconds = kafka.timeout_seconds
        self._closed = threading.Event()
        self._trouble: str | None = None
        self._producer = Producer(
            {
                "enable.idempotence": True,  # so acks=all, and retries keep the order
                "enable.gapless.guarantee": True,
                "delivery.timeout.ms": int((kafka.timeout_seconds + GRACE_SECONDS) * 1000),
                "linger.ms": 5,
                "batch.size": 4_000_000,
                "compression.type": "zstd",
                "partitioner": "murmur2_random",  # as Java clients have it
                "error_cb": self._on_error,
                **kafka.client,
            },
            logger=CLIENT_LOG,
        )

    def publish(self, events: Iterable[tuple[KafkaTopic | str, CloudEvent]]) -> None:
        """Send all in order, each to its topic; return once every one is acknowledged. Blocks.

        Raises:
            Away: within the time given, not everything was.
            Refused: one of them will never be.
        """
        deadline = time.monotonic() + self._timeout_seconds
        reports = _Reports()
        sent = 0
        for topic, event in events:
            self._send(topic, event, partial(reports.take, event.id), deadline)
            sent += 1
        while self._producer.flush(POLL_SECONDS):
            if reports.error or self._closed.is_set() or time.monotonic() > deadline:
                break
        if reports.refused:
            raise reports.refused
        if reports.acknowledged != sent:
            raise BrokerUnavailable(reports.error or self._trouble or LATE)

    def close(self) -> None:
        """Give up at once whatever is still to be sent. Safe from any thread."""
        self._closed.set()
        self._producer.purge(in_queue=True, in_flight=True, blocking=False)

    def _on_error(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # which says less than what was before
            self._trouble = error.str()

    def _send(
        self, topic: KafkaTopic | str, event: CloudEvent, report: Any, deadline: float
    ) -> None:
        name = self._names[topic] if isinstance(topic, KafkaTopic) else topic
        while True:
            try:
                self._producer.produce(
                    name,
                    bytes(event.data),
                    event.partitionkey,
                    headers=headers(event),
                    on_delivery=report,
                )
            except BufferError:  # the queue is full: wait for some to be acknowledged
                self._producer.poll(POLL_SECONDS)
                if self._closed.is_set() or time.monotonic() > deadline:
                    raise BrokerUnavailable(self._trouble or LATE) from None
            except KafkaException as error:
                reason: KafkaError = error.args[0]
                if reason.code() in OF_THE_EVENT:
                    raise MessageRejected(event.id, reason.str()) from error
                raise BrokerUnavailable(reason.str()) from error
            else:
                return


class _Reports:
    """What became of the messages of one batch."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.error: str | None = None
        self.refused: MessageRejected | None = None

    def take(self, event_id: str, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.acknowledged += 1
        elif error.code() in OF_THE_EVENT:
            self.refused = self.refused or MessageRejected(event_id, error.str())
        else:
            self.error = self.error or error.str()


def headers(event: CloudEvent) -> list[tuple[str, str | bytes | None]]:
    """Return the headers of a message in the binary mode of CloudEvents."""
    return [
        ("content-type", event.datacontenttype),
        *((f"ce_{name}", value) for name, value in attributes(event)),
    ]
