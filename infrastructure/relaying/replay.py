"""Publishes a stretch of the log again, for a new consumer or a repair."""

import asyncio
from collections.abc import Collection, Sequence

from psycopg import AsyncConnection

from application.ports.startup import BadSetting
from domain.record import Record
from infrastructure.following.dead_events import clear
from infrastructure.relaying.event_publisher import EventPublisher
from infrastructure.relaying.producer import KafkaProducer
from infrastructure.relaying.relay import BATCH_EVENTS, READER
from infrastructure.store.event_log import EventLog
from projections.publishing.cloud_event import CloudEvent
from projections.publishing.public_events import TOPICS, KafkaTopic


class Replayed(Record):
    """How many events a replay sent, and the positions of those it could not publish."""

    sent: int
    dead: Sequence[int]


class Selection(Record):
    """Events from position `start` to `end` (None: the end of the log), of `types` or all.

    They go to `topic`, or each to its own if that is None.

    Raises:
        BadSetting: an unknown type.
    """

    start: int
    end: int | None = None
    topic: str | None = None
    types: Collection[str] = ()

    def __post_init__(self) -> None:
        if unknown := set(self.types) - TOPICS.keys():
            raise BadSetting(f"No event has the type {min(unknown)!r}: see docs/kafka.md.")

    def choose(self, events: Sequence[tuple[str, CloudEvent]]) -> list[tuple[str, CloudEvent]]:
        """Return the events that are selected, each with the topic it goes to."""
        return [
            (self.topic or own, event)
            for own, event in events
            if (event.type in self.types if self.types else own is not KafkaTopic.DEAD_LETTERS)
        ]


async def replay(
    connection: AsyncConnection,
    log: EventLog,
    producer: KafkaProducer,
    selection: Selection,
    *,
    source: str,
) -> Replayed:
    """Send the selected events with the ids and content they had the first time.

    The position of the relay does not change. A parked event that now went to its own topic
    is parked no longer.

    Raises:
        BrokerUnavailable: the broker does not answer.
        MessageRejected: the broker did not accept an event.
    """
    publisher = EventPublisher(log, source=source)
    end = await log.end(connection)
    last = end if selection.end is None else min(selection.end, end)
    position, sent = max(selection.start - 1, 0), 0
    dead: list[int] = []
    while position < last:
        page = await log.read(connection, position, limit=BATCH_EVENTS)
        entries = [entry for entry in page.entries if entry.position <= last]
        batch = await publisher.batch(connection, entries, refused={})
        dead += [failure.entry.position for failure in batch.failures]
        chosen = selection.choose(batch.events)
        await asyncio.to_thread(producer.publish, chosen)
        if selection.topic is None:
            await clear(connection, READER, [int(event.sequence) for _, event in chosen])
        sent += len(chosen)
        position = page.horizon
    return Replayed(sent=sent, dead=dead)
