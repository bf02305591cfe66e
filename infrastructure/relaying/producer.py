"""The Kafka configuration, and a producer that keeps the order and loses no event."""

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

# The client logs every connection attempt; failures that matter are raised.
CLIENT_LOG = logging.getLogger("librdkafka")
CLIENT_LOG.setLevel(logging.CRITICAL)

# Librdkafka's timeout for a message is this much longer than ours for the batch: if it dropped an
# expired message and sent those behind it, the order would be lost.
GRACE_SECONDS = 10.0  # seconds
POLL_SECONDS = 0.2  # seconds between checks whether the producer was closed

# Errors of the event itself: the broker would reject it again.
REJECTION_CODES = frozenset(
    {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD, KafkaError.INVALID_MSG_SIZE}
)

TIMED_OUT = "no acknowledgement in time"

# The header of each attribute.
HEADERS = {name: f"ce_{name}" for name in CloudEvent.__struct_fields__}


class KafkaConfig(Record):
    """The brokers, and the names and settings of the topics."""

    bootstrap_servers: str
    names: Mapping[KafkaTopic, str]
    options: Mapping[str, str] = {}
    partitions: Mapping[KafkaTopic, int] = {}
    replication: int = 0  # 0: the default of the broker
    retention_days: Mapping[KafkaTopic, int] = {}  # 0: for ever
    create_topics: bool = False
    timeout_seconds: float = 20.0  # seconds for a batch

    @classmethod
    def of(cls, settings: Settings) -> "KafkaConfig":
        """Read the configuration from the settings.

        Raises:
            BadSetting: there is no broker, or a setting names an unknown topic.
        """
        given = settings.kafka
        renamed = dict(given.topics)
        _only_topics("ANNALS_KAFKA_TOPICS", renamed)
        partitions = {each.topic: each.number for each in given.topic_partitions}
        _only_topics("ANNALS_KAFKA_TOPIC_PARTITIONS", partitions)
        retention = {each.topic: each.number for each in given.topic_retention_days}
        _only_topics("ANNALS_KAFKA_TOPIC_RETENTION_DAYS", retention)
        return cls(
            bootstrap_servers=given.bootstrap_servers_or_fail,
            options=dict(given.options),
            names={topic: renamed.get(topic, str(topic)) for topic in KafkaTopic},
            partitions={topic: partitions.get(topic, given.partitions) for topic in KafkaTopic},
            replication=given.replication,
            retention_days={
                topic: retention.get(topic, given.retention_days) for topic in KafkaTopic
            },
            create_topics=given.create_topics,
            timeout_seconds=given.timeout_seconds,
        )

    @property
    def client(self) -> dict[str, Any]:
        """The options of every client."""
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "client.id": "annals",
            "reconnect.backoff.max.ms": 1_000,
            "log_level": 4,
            **self.options,
        }


def _only_topics(variable: str, names: Iterable[str]) -> None:
    if unknown := set(names) - set(KafkaTopic):
        raise BadSetting(
            f"{variable} names {min(unknown)!r}, which is none of {', '.join(KafkaTopic)}."
        )


class BrokerUnavailable(Exception):
    """Kafka did not acknowledge every event; the batch has to be sent again."""


class MessageRejected(Exception):
    """Kafka will never accept this event."""

    def __init__(self, event_id: str, error: str) -> None:
        super().__init__(error)
        self.event_id = event_id


class KafkaProducer:
    """An idempotent producer, to be replaced after an error: it does not recover from a broker
    that lost its state, and a new one is cheap."""

    def __init__(self, kafka: KafkaConfig) -> None:
        self._names = kafka.names
        self._timeout_seconds = kafka.timeout_seconds
        self._closed = threading.Event()
        self._last_error: str | None = None
        self._producer = Producer(
            {
                "enable.idempotence": True,  # so acks=all, and retries keep the order
                "enable.gapless.guarantee": True,
                "delivery.timeout.ms": int((kafka.timeout_seconds + GRACE_SECONDS) * 1000),
                "linger.ms": 5,
                "batch.size": 4_000_000,
                "compression.type": "zstd",
                # A broker that lost its topics would create them with partitions of its own
                # choice. Without them a batch fails, and the relay creates them before the next.
                "allow.auto.create.topics": False,
                "topic.metadata.propagation.max.ms": 2_000,
                "partitioner": "murmur2_random",  # as Java clients have it
                "error_cb": self._on_error,
                **kafka.client,
            },
            logger=CLIENT_LOG,
        )

    def publish(self, events: Iterable[tuple[KafkaTopic | str, CloudEvent]]) -> None:
        """Send the events in order, each to its topic, and block until all are acknowledged.

        Raises:
            BrokerUnavailable: not every event was acknowledged in time.
            MessageRejected: the broker will never accept an event.
        """
        deadline = time.monotonic() + self._timeout_seconds
        reports = _DeliveryReports()
        sent = 0
        for topic, event in events:
            self._send(topic, event, partial(reports.add, event.id), deadline)
            sent += 1
        while self._producer.flush(POLL_SECONDS):
            if reports.error or self._closed.is_set() or time.monotonic() > deadline:
                break
        if reports.rejected:
            raise reports.rejected
        if reports.acknowledged != sent:
            raise BrokerUnavailable(reports.error or self._last_error or TIMED_OUT)

    def lost_contact(self) -> bool:
        """Return whether a connection broke; the broker may have lost its topics meanwhile."""
        self._producer.poll(0)  # calls _on_error
        return self._last_error is not None

    def close(self) -> None:
        """Drop unsent messages at once. Thread-safe."""
        self._closed.set()
        self._producer.purge(in_queue=True, in_flight=True, blocking=False)

    def _on_error(self, error: KafkaError) -> None:
        # "All brokers are down" is less informative than the error before it.
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._last_error = error.str()

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
            except BufferError:  # the local queue is full
                self._producer.poll(POLL_SECONDS)
                if self._closed.is_set() or time.monotonic() > deadline:
                    raise BrokerUnavailable(self._last_error or TIMED_OUT) from None
            except KafkaException as error:
                reason: KafkaError = error.args[0]
                if reason.code() in REJECTION_CODES:
                    raise MessageRejected(event.id, reason.str()) from error
                raise BrokerUnavailable(reason.str()) from error
            else:
                return


class _DeliveryReports:
    """The delivery reports of the messages of a batch."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.error: str | None = None
        self.rejected: MessageRejected | None = None

    def add(self, event_id: str, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.acknowledged += 1
        elif error.code() in REJECTION_CODES:
            self.rejected = self.rejected or MessageRejected(event_id, error.str())
        else:
            self.error = self.error or error.str()


def headers(event: CloudEvent) -> list[tuple[str, str | bytes | None]]:
    """Return the headers of a message, in the binary mode of CloudEvents."""
    return [
        ("content-type", event.datacontenttype),
        *[(HEADERS[name], value) for name, value in attributes(event)],
    ]
