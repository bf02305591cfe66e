"""Turns entries of the log into the events that are sent, and tells which ones cannot be."""

from collections.abc import Mapping, Sequence

from psycopg import AsyncConnection

from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId
from infrastructure.store.event_log import EventLog, Undecodable, topic
from infrastructure.store.mapper import topic_of
from infrastructure.store.stream_owners import Owners
from projections.publishing.cloud_event import CloudEvent
from projections.publishing.cloud_events import Dead, announce, announce_dead
from projections.publishing.public_events import PRIVATE, TOLD, TOPICS, Topic

_PRIVATE_TOPICS = frozenset(topic_of(event) for event in PRIVATE)
LONGEST_ERROR = 500  # characters
_NOBODYS = "nobody knows whose event it is"


class Failure(Record):
    """An entry of the log that cannot be announced, and why."""

    entry: Recorded | Undecodable
    error: str


class Letters(Record):
    """A stretch of the log as Kafka is to have it."""

    events: Sequence[tuple[Topic, CloudEvent]]
    failures: Sequence[Failure]


class Announcer:
    """Turns entries of the log into what is sent."""

    def __init__(self, log: EventLog, *, source: str) -> None:
        self._source = source
        self._owners = Owners(log)

    async def letters(
        self,
        connection: AsyncConnection,
        entries: Sequence[Recorded | Undecodable],
        *,
        refused: Mapping[str, str],
    ) -> Letters:
        """Announce these; what cannot be, or was `refused` (by id, with why), goes to the dead."""
        facts = [e for e in entries if isinstance(e, Recorded) and type(e.event) in TOLD]
        owners = await self._owners.of(connection, facts)
        events: list[tuple[Topic, CloudEvent]] = []
        failures: list[Failure] = []
        for entry in entries:
            told = self._announce(entry, owners.get(entry.originator_id), refused)
            if isinstance(told, CloudEvent):
                events.append((TOPICS[told.type], told))
            elif told is not None:
                failures.append(told)
                events.append((Topic.DEAD_LETTERS, announce_dead(_dead(told), source=self._source)))
        return Letters(events=events, failures=failures)

    def _announce(
        self, entry: Recorded | Undecodable, owner: AccountId | None, refused: Mapping[str, str]
    ) -> CloudEvent | Failure | None:
        if isinstance(entry, Undecodable):
            private = entry.topic in _PRIVATE_TOPICS
            return None if private else Failure(entry=entry, error=entry.error)
        if type(entry.event) not in TOLD:
            return None
        if owner is None:
            return Failure(entry=entry, error=_NOBODYS)
        try:
            told = announce(entry, owner, source=self._source)
        except Exception as error:
            return Failure(entry=entry, error=repr(error))
        if told and told.id in refused:
            return Failure(entry=entry, error=refused[told.id])
        return told


def _dead(failure: Failure) -> Dead:
    entry = failure.entry
    return Dead(
        position=entry.position,
        stream=entry.originator_id,
        version=entry.originator_version,
        topic=topic(entry),
        error=failure.error[:LONGEST_ERROR],
    )
