"""Turns log entries into the public events that the relay sends to Kafka."""

from collections.abc import Mapping, Sequence

from psycopg import AsyncConnection

from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId
from infrastructure.following.dead_events import Failure
from infrastructure.following.public_entries import PRIVATE_TOPICS
from infrastructure.following.stream_owners import StreamOwners
from infrastructure.store.event_log import EventLog, Undecodable, topic
from projections.publishing.cloud_event import CloudEvent
from projections.publishing.cloud_events import (
    UnpublishableEvent,
    to_cloud_event,
    unpublishable_to_cloud_event,
)
from projections.publishing.public_events import PUBLIC_EVENTS, TOPICS, KafkaTopic

MAX_ERROR_LENGTH = 500  # characters
_NO_OWNER = "the owner of the event is unknown"


class PublishBatch(Record):
    """Consecutive public events with their topics, and the entries that cannot be published.

    Each failure is also among the events, as a dead letter.
    """

    events: Sequence[tuple[KafkaTopic, CloudEvent]]
    failures: Sequence[Failure]


class EventPublisher:
    """Converts log entries; `source` is the CloudEvents attribute."""

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
        """Return the public events of the entries.

        An entry that cannot be converted, or whose event Kafka rejected before (`refused`: event
        id to error), becomes a dead letter.

        Raises:
            psycopg.Error: the database cannot be reached.
        """
        public = [e for e in entries if isinstance(e, Recorded) and type(e.event) in PUBLIC_EVENTS]
        owners = await self._owners.of(connection, public)
        events: list[tuple[KafkaTopic, CloudEvent]] = []
        failures: list[Failure] = []
        for entry in entries:
            converted = self._convert(entry, owners.get(entry.originator_id), refused)
            if isinstance(converted, CloudEvent):
                events.append((TOPICS[converted.type], converted))
            elif converted is not None:
                failures.append(converted)
                events.append(
                    (
                        KafkaTopic.DEAD_LETTERS,
                        unpublishable_to_cloud_event(
                            _unpublishable(converted), source=self._source
                        ),
                    )
                )
        return PublishBatch(events=events, failures=failures)

    def _convert(
        self, entry: Recorded | Undecodable, owner: AccountId | None, refused: Mapping[str, str]
    ) -> CloudEvent | Failure | None:
        if isinstance(entry, Undecodable):
            private = entry.topic in PRIVATE_TOPICS
            return None if private else Failure(entry=entry, error=entry.error)
        if type(entry.event) not in PUBLIC_EVENTS:
            return None
        if owner is None:
            return Failure(entry=entry, error=_NO_OWNER)
        try:
            event = to_cloud_event(entry, owner, source=self._source)
        except Exception as error:
            return Failure(entry=entry, error=repr(error))
        if event and event.id in refused:
            return Failure(entry=entry, error=refused[event.id])
        return event


def _unpublishable(failure: Failure) -> UnpublishableEvent:
    entry = failure.entry
    return UnpublishableEvent(
        position=entry.position,
        stream=entry.originator_id,
        version=entry.originator_version,
        topic=topic(entry),
        error=failure.error[:MAX_ERROR_LENGTH],
    )
