"""The relay and all that can be asked of it, wired from the settings."""

import asyncio
from collections.abc import Collection, Sequence
from functools import cached_property

from psycopg import AsyncConnection

from application.ports.startup import CannotStart
from domain.record import Record
from infrastructure.config.settings import Settings
from infrastructure.monitoring.database_metrics import LogMetrics
from infrastructure.monitoring.server import monitored
from infrastructure.postgres.connections import connect
from infrastructure.relaying.producer import (
    BrokerUnavailable,
    KafkaConfig,
    KafkaProducer,
    MessageRejected,
)
from infrastructure.relaying.relay import READER, Relay
from infrastructure.relaying.replay import Replayed, Selection, replay
from infrastructure.relaying.topics import TopicAdmin, TopicState
from infrastructure.store.checkpoints import applied
from infrastructure.store.event_log import EventLog
from infrastructure.store.lag import lag_behind
from infrastructure.store.mapper import RecordMapper
from infrastructure.store.subscription import follow


class KafkaUnavailable(CannotStart):
    """Kafka did not answer, or did not take what it was given."""


class RelayStatus(Record):
    """How far the relay is. `throughput` is in events per second, as just observed."""

    active: bool
    position: int
    end: int
    lag_events: int
    lag_seconds: float
    throughput: float
    dead: int


class RelayAdmin:
    """Raises BadSetting: the database or the broker is not named."""

    def __init__(self, settings: Settings) -> None:
        self._url: str = settings.require("database_url")
        self._settings = settings
        self._source = settings.event_source
        self._events = EventLog(RecordMapper())

    @cached_property
    def _kafka(self) -> KafkaConfig:
        """Its position can be asked for where there is no broker."""
        return KafkaConfig.of(self._settings)

    async def run(self) -> None:
        """Follow the log into Kafka until cancelled. Any number may run; one is active."""
        relay = Relay(self._kafka, self._events, source=self._source)
        async with monitored(self._settings, "relay") as watched:
            watched.add_probe(LogMetrics(self._events, followers=True))
            try:
                await follow(self._url, READER, lambda: relay, kind="relay")
            finally:
                relay.close()

    async def status(self, *, observe: float = 1.0) -> RelayStatus:
        """Watch the relay for so many seconds, and say how far it is.

        The lag in seconds is the age of the oldest event that is still to be relayed.
        """
        async with await connect(self._url, name="annals status") as connection:
            before = await applied(connection, READER)
            await asyncio.sleep(observe)
            position = await applied(connection, READER)
            end = await self._events.end(connection)
            lag = await lag_behind(connection, self._events, position, end=end)
            return RelayStatus(
                active=await _is_active(connection),
                position=position,
                end=end,
                lag_events=lag.events,
                lag_seconds=lag.seconds,
                throughput=await _count(connection, before, position) / observe,
                dead=await _dead(connection),
            )

    async def create_topics(self) -> tuple[Sequence[str], Sequence[TopicState]]:
        """Create the topics that are missing; return their names, and how all of them are now.

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


async def _is_active(connection: AsyncConnection) -> bool:
    cursor = await connection.execute(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND objsubid = 2 AND classid = hashtext('annals reader')::bit(32)::bigint"
        " AND objid = hashtext(%s)::bit(32)::bigint"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
        (READER,),
    )
    return bool((await cursor.fetchone() or (False,))[0])


async def _count(connection: AsyncConnection, after: int, until: int) -> int:
    cursor = await connection.execute(
        "SELECT count(*) FROM stored_events WHERE notification_id > %s AND notification_id <= %s",
        (after, until),
    )
    return int((await cursor.fetchone() or (0,))[0])


async def _dead(connection: AsyncConnection) -> int:
    cursor = await connection.execute(
        "SELECT count(*) FROM dead_events WHERE view = %s AND discarded_at IS NULL", (READER,)
    )
    return int((await cursor.fetchone() or (0,))[0])
