"""Turns entries of the log into the events that are sent, and tells which ones cannot be."""

from collections.abc import Mapping, Sequence

from psycopg import AsyncConnection

from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId
from infrastructure.store.event_log import EventLog, Undecodable, topic
from infrastructure.store.mapper import topic_of
from infrastructure.store.stream_owners import StreamOwners
from projections.publishing.cloud_event import CloudEvent
from projections.publishing.cloud_events import (
    UnpublishableEvent,
    to_cloud_event,
    unpublishable_to_cloud_event,
)
from projections.publishing.public_events import PRIVATE_EVENTS, PUBLIC_EVENTS, TOPICS, KafkaTopic

_PRIVATE_TOPICS = frozenset(topic_of(event) for event in PRIVATE_EVENTS)
LONGEST_ERROR = 500  # characters
_NOBODYS = "nobody knows whose event it is"


class PublishFailure(Record):
    """An entry of the log that cannot be announced, and why."""

    entry: Recorded | Undecodable
    error: str


class PublishBatch(Record):
    """A stretch of the log as Kafka is to have it."""

    events: Sequence[tuple[KafkaTopic, CloudEvent]]
    failures: Sequence[PublishFailure]


class EventPublisher:
    """Turns entries of the log into what is sent."""

    def __init__(self, log: EventLog, *, source: str) -> None:
        self._source = source
        self._owners = StreamOwners(log)

    async def batch(
        self,
        connection: AsyncConnection,
        entries: Sequence[Recorded | Undecodable],
        *,
        refused: Mapping[str, str],
    ) -> PublishBatch:
        """Announce these; what cannot be, or was `refused` (by id, with why), goes to the dead."""
        facts = [e for e in entries if isinstance(e, Recorded) and type(e.event) in PUBLIC_EVENTS]
        owners = await self._owners.of(connection, facts)
        events: list[tuple[KafkaTopic, CloudEvent]] = []
        failures: list[PublishFailure] = []
        for entry in entries:
            told = self._convert(entry, owners.get(entry.originator_id), refused)
            if isinstance(told, CloudEvent):
                events.append((TOPICS[told.type], told))
            elif told is not None:
                failures.append(told)
                events.append(
                    (
                        KafkaTopic.DEAD_LETTERS,
                        unpublishable_to_cloud_event(_unpublishable(told), source=self._source),
                    )
                )
        return PublishBatch(events=events, failures=failures)

    def _convert(
        self, entry: Recorded | Undecodable, owner: AccountId | None, refused: Mapping[str, str]
    ) -> CloudEvent | PublishFailure | None:
        if isinstance(entry, Undecodable):
            private = entry.topic in _PRIVATE_TOPICS
            return None if private else PublishFailure(entry=entry, error=entry.error)
        if type(entry.event) not in PUBLIC_EVENTS:
            return None
        if owner is None:
            return PublishFailure(entry=entry, error=_NOBODYS)
        try:
            told = to_cloud_event(entry, owner, source=self._source)
        except Exception as error:
            return PublishFailure(entry=entry, error=repr(error))
        if told and told.id in refused:
            return PublishFailure(entry=entry, error=refused[told.id])
        return told


def _unpublishable(failure: PublishFailure) -> UnpublishableEvent:
    entry = failure.entry
    return UnpublishableEvent(
        position=entry.position,
        stream=entry.originator_id,
        version=entry.originator_version,
        topic=topic(entry),
        error=failure.error[:LONGEST_ERROR],
    )
