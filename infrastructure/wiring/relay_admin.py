"""The relay and all that can be asked of it, wired from the settings."""

import asyncio
from collections.abc import Collection, Sequence
from functools import cached_property

from psycopg import AsyncConnection

from domain.record import Record
from infrastructure.config.settings import BadSetting, CannotStart, Settings
from infrastructure.monitoring.database_metrics import LogMetrics
from infrastructure.monitoring.server import monitored
from infrastructure.postgres.connections import connect
from infrastructure.relaying.event_publisher import EventPublisher
from infrastructure.relaying.producer import (
    BrokerUnavailable,
    KafkaConfig,
    KafkaProducer,
    MessageRejected,
)
from infrastructure.relaying.relay import BATCH_EVENTS, READER, Relay
from infrastructure.relaying.topics import TopicAdmin, TopicState
from infrastructure.store.checkpoints import applied
from infrastructure.store.dead_events import clear
from infrastructure.store.event_log import EventLog
from infrastructure.store.lag import lag_behind
from infrastructure.store.mapper import RecordMapper
from infrastructure.store.subscription import follow
from projections.publishing.public_events import TOPICS, KafkaTopic


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


class Replayed(Record):
    """What a replay sent, and which positions it could not announce."""

    sent: int
    dead: Sequence[int]


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
        """Send the events from position `start` to `end` once more, those of `types` or all.

        They go to the topic given, or each to its own, and are what they were the first time:
        same ids, same content. The position of the relay stays where it is. What it had set
        aside and now went to its own topic is set aside no more.

        Raises:
            BadSetting: an unknown type.
            KafkaUnavailable: not everything was acknowledged.
        """
        if unknown := set(types) - TOPICS.keys():
            raise BadSetting(f"No event has the type {min(unknown)!r}: see docs/kafka.md.")
        announcer = EventPublisher(self._events, source=self._source)
        publisher = KafkaProducer(self._kafka)
        sent, dead = 0, []
        try:
            async with await connect(self._url, name="annals replay") as db:
                last = (
                    await self._events.end(db)
                    if end is None
                    else min(end, await self._events.end(db))
                )
                position = max(start - 1, 0)
                while position < last:
                    page = await self._events.read(db, position, limit=BATCH_EVENTS)
                    entries = [entry for entry in page.entries if entry.position <= last]
                    letters = await announcer.batch(db, entries, refused={})
                    dead += [failure.entry.position for failure in letters.failures]
                    chosen = [
                        (topic or own, event)
                        for own, event in letters.events
                        if (event.type in types if types else own is not KafkaTopic.DEAD_LETTERS)
                    ]
                    await asyncio.to_thread(publisher.publish, chosen)
                    if topic is None:
                        positions = [int(event.sequence) for _, event in chosen]
                        await clear(db, READER, positions)
                    sent += len(chosen)
                    position = page.horizon
        except (BrokerUnavailable, MessageRejected) as trouble:
            raise KafkaUnavailable(f"Kafka did not take everything: {trouble}.") from trouble
        finally:
            publisher.close()
        return Replayed(sent=sent, dead=dead)


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
