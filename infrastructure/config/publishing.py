"""Settings of published events and of Kafka."""

from dataclasses import dataclass

from infrastructure.config import parsers as read
from infrastructure.config.parsers import TopicNumber
from infrastructure.config.variable import not_set, var


@dataclass(frozen=True, kw_only=True)
class EventSettings:
    source: str = var(
        "ANNALS_EVENT_SOURCE",
        "Source of published events: their `source`.",
        read.text,
        "/annals",
    )


@dataclass(frozen=True, kw_only=True)
class KafkaSettings:
    bootstrap_servers: str | None = var(
        "ANNALS_KAFKA_BOOTSTRAP_SERVERS",
        "Kafka to publish events to; `annals dev` starts its own when it is not given.",
        read.text,
        None,
    )
    options: tuple[tuple[str, str], ...] = var(
        "ANNALS_KAFKA_OPTIONS",
        "More options of librdkafka (TLS, SASL): name=value, separated by commas.",
        read.several(read.pair),
        (),
        secret=True,
    )
    topics: tuple[tuple[str, str], ...] = var(
        "ANNALS_KAFKA_TOPICS",
        "Other names for topics: task-events=their-name, separated by commas.",
        read.several(read.pair),
        (),
    )
    partitions: int = var(
        "ANNALS_KAFKA_PARTITIONS",
        "Partitions of a topic that is created.",
        read.whole(1, 10_000),
        6,
    )
    topic_partitions: tuple[TopicNumber, ...] = var(
        "ANNALS_KAFKA_TOPIC_PARTITIONS",
        "Partitions of single topics instead: topic=number, separated by commas.",
        read.several(read.topic_number(1, 10_000)),
        (TopicNumber(topic="reminder-events", number=3),),
    )
    replication: int = var(
        "ANNALS_KAFKA_REPLICATION",
        "Copies of a topic that is created; 0: the broker decides.",
        read.whole(0, 100),
        0,
    )
    retention_days: int = var(
        "ANNALS_KAFKA_RETENTION_DAYS",
        "Days a topic that is created keeps its events; 0: forever.",
        read.whole(0, 36_500),
        7,
    )
    topic_retention_days: tuple[TopicNumber, ...] = var(
        "ANNALS_KAFKA_TOPIC_RETENTION_DAYS",
        "Days of single topics instead: topic=number, separated by commas.",
        read.several(read.topic_number(0, 36_500)),
        (TopicNumber(topic="reminder-events", number=1),),
    )
    create_topics: bool = var(
        "ANNALS_KAFKA_CREATE_TOPICS",
        "Whether the relay creates missing topics (yes or no).",
        read.yes_or_no,
        False,
    )
    timeout_seconds: int = var(
        "ANNALS_KAFKA_PATIENCE_SECONDS",
        "Seconds the relay waits for an acknowledgement of Kafka before it sends again.",
        read.whole(1, 3_600),
        20,
    )

    @property
    def bootstrap_servers_or_fail(self) -> str:
        """The servers.

        Raises:
            BadSetting: they are not set.
        """
        return self.bootstrap_servers or not_set(self, "bootstrap_servers")
