"""Builds the relay, its status, its topics and a replay from the settings."""

import asyncio
from collections.abc import Collection, Sequence
from functools import cached_property

from application.ports.startup import CannotStart
from infrastructure.config.settings import Settings
from infrastructure.following.subscription import follow
from infrastructure.monitoring.database_metrics import LogMetrics
from infrastructure.monitoring.server import monitored
from infrastructure.postgres.comparing import histories_compared
from infrastructure.postgres.connections import connect
from infrastructure.relaying.producer import (
    BrokerUnavailable,
    KafkaConfig,
    KafkaProducer,
    MessageRejected,
)
from infrastructure.relaying.relay import READER, Relay
from infrastructure.relaying.replay import Replayed, Selection, replay
from infrastructure.relaying.status import RelayStatus, relay_status
from infrastructure.relaying.topics import TopicAdmin, TopicState
from infrastructure.store.event_log import EventLog
from infrastructure.store.mapper import RecordMapper


class KafkaUnavailable(CannotStart):
    """Kafka does not answer, or did not accept every event."""


class RelayAdmin:
    """What `annals relay` does.

    Raises:
        BadSetting: the database or the broker is not named.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = settings.database.url_or_fail
        self._settings = settings
        self._source = settings.events.source
        self._events = EventLog(RecordMapper())

    @cached_property
    def _kafka(self) -> KafkaConfig:
        """Read late: the status needs no broker."""
        return KafkaConfig.of(self._settings)

    async def run(self) -> None:
        """Publish the log to Kafka until cancelled. Any number may run; one is active."""
        relay = Relay(self._kafka, self._events, source=self._source)
        async with (
            histories_compared(self._url, name="relay"),
            monitored(self._settings, "relay") as monitor,
        ):
            monitor.add_probe(LogMetrics(self._events, followers=True))
            try:
                await follow(self._url, READER, lambda: relay, kind="relay")
            finally:
                relay.close()

    async def status(self, *, observe: float = 1.0) -> RelayStatus:
        """Observe the relay for some seconds; return how far it is (see relaying/status.py)."""
        async with await connect(self._url, name="annals status") as connection:
            return await relay_status(connection, self._events, observe=observe)

    async def create_topics(self) -> tuple[Sequence[str], Sequence[TopicState]]:
        """Create the topics that are missing; return their names, and the state of all topics.

        Raises:
            KafkaUnavailable: the broker does not answer, or would not create one.
        """
        topics = TopicAdmin(self._kafka)
        try:
            made = await asyncio.to_thread(topics.create)
            return made, await asyncio.to_thread(topics.compare)
        except BrokerUnavailable as away:
            raise KafkaUnavailable(f"Kafka does not answer: {away}.") from away

    async def replay(
        self,
        *,
        start: int,
        end: int | None = None,
        topic: str | None = None,
        types: Collection[str] = (),
    ) -> Replayed:
        """Send the events from position `start` to `end` again, those of `types` or all.

        They go to `topic`, or each to its own (see relaying/replay.py).

        Raises:
            BadSetting: an unknown type.
            KafkaUnavailable: the broker did not acknowledge every event.
        """
        selection = Selection(start=start, end=end, topic=topic, types=types)
        producer = KafkaProducer(self._kafka)
        try:
            async with await connect(self._url, name="annals replay") as connection:
                return await replay(
                    connection, self._events, producer, selection, source=self._source
                )
        except (BrokerUnavailable, MessageRejected) as error:
            raise KafkaUnavailable(f"Kafka did not take everything: {error}.") from error
        finally:
            producer.close()
