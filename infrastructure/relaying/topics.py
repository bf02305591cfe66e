"""Creates the Kafka topics and compares them with the settings."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._metadata import ClusterMetadata
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from domain.record import Record
from infrastructure.relaying.producer import CLIENT_LOG, BrokerUnavailable, KafkaConfig
from projections.publishing.public_events import KafkaTopic

TIMEOUT_SECONDS = 1.5  # seconds per request; callers retry
# Kafka confirms a topic a moment before its brokers list it.
LISTED_SECONDS, LISTED_PAUSE_SECONDS = 5.0, 0.02  # seconds to wait for that, and between looks
DAY_MS = 24 * 60 * 60 * 1000  # milliseconds


class TopicState(Record):
    """A topic; `wrong` has a clause for each difference from the settings."""

    name: str
    exists: bool
    wrong: Sequence[str] = ()


class TopicAdmin:
    """For threads: every method blocks, and raises BrokerUnavailable without an answer."""

    def __init__(self, kafka: KafkaConfig) -> None:
        self._kafka = kafka
        self._last_error: str | None = None
        options: dict[str, Any] = {**kafka.client, "error_cb": self._on_error}
        self._admin = AdminClient(options, logger=CLIENT_LOG)

    def missing(self) -> Sequence[str]:
        """Return the names of the topics that do not exist."""
        existing = self._metadata().topics
        return [name for name in self._kafka.names.values() if name not in existing]

    def create(self) -> Sequence[str]:
        """Create the topics that do not exist, and wait until they show; return their names."""
        missing = self.missing()
        new_topics = [
            NewTopic(
                name,
                num_partitions=self._kafka.partitions[topic],
                replication_factor=self._kafka.replication or -1,
                config={"retention.ms": self._retention(topic)},
            )
            for topic, name in self._kafka.names.items()
            if name in missing
        ]
        if not new_topics:
            return []
        for created in self._admin.create_topics(
            new_topics, request_timeout=TIMEOUT_SECONDS
        ).values():
            try:
                self._result(created)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise BrokerUnavailable(error.args[0].str()) from error
        self._wait_until_listed()
        return [topic.topic for topic in new_topics]

    def compare(self) -> Sequence[TopicState]:
        """Return the state of each topic."""
        existing = self._metadata().topics
        return [
            TopicState(name=name, exists=True, wrong=self._differences(topic, existing[name]))
            if name in existing
            else TopicState(name=name, exists=False)
            for topic, name in self._kafka.names.items()
        ]

    def _wait_until_listed(self) -> None:
        """Return once no topic is missing, or after LISTED_SECONDS: `compare` tells which are."""
        deadline = time.monotonic() + LISTED_SECONDS
        while self.missing() and time.monotonic() < deadline:
            time.sleep(LISTED_PAUSE_SECONDS)

    def _retention(self, topic: KafkaTopic) -> str:
        """Return `retention.ms` of a topic; -1 keeps events for ever."""
        return str(self._kafka.retention_days[topic] * DAY_MS or -1)

    def _differences(self, topic: KafkaTopic, found: Any) -> list[str]:
        wrong = []
        partitions, wanted = len(found.partitions), self._kafka.partitions[topic]
        if partitions != wanted:
            wrong.append(f"{partitions} partitions, not {wanted}")
        copies = min((len(part.replicas) for part in found.partitions.values()), default=0)
        if self._kafka.replication and copies != self._kafka.replication:
            wrong.append(f"{copies} copies, not {self._kafka.replication}")
        retention = self._configuration(self._kafka.names[topic]).get("retention.ms")
        expected = self._retention(topic)
        if retention is not None and retention != expected:
            wrong.append(f"retention.ms {retention}, not {expected}")
        return wrong

    def _configuration(self, name: str) -> Mapping[str, str | None]:
        resource = ConfigResource(ResourceType.TOPIC, name)
        described = self._admin.describe_configs([resource], request_timeout=TIMEOUT_SECONDS)
        try:
            return {entry.name: entry.value for entry in self._result(described[resource]).values()}
        except KafkaException as error:
            raise BrokerUnavailable(error.args[0].str()) from error

    def _metadata(self) -> ClusterMetadata:
        try:
            return self._admin.list_topics(timeout=TIMEOUT_SECONDS)
        except KafkaException as error:
            self._admin.poll(0)  # calls _on_error
            raise BrokerUnavailable(self._last_error or error.args[0].str()) from error

    def _result(self, future: "Future[Any]") -> Any:
        return future.result(timeout=2 * TIMEOUT_SECONDS)

    def _on_error(self, error: KafkaError) -> None:
        # "All brokers are down" is less informative than the error before it.
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._last_error = error.str()
