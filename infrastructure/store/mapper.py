"""Turns recorded facts into stored events and back: tags are topics, msgspec is the transcoder."""

from collections.abc import Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Any, cast, get_args
from uuid import UUID

import msgspec
from eventsourcing.persistence import (
    Cipher,
    Compressor,
    Mapper,
    MapperDeserialisationError,
    StoredEvent,
    Transcoder,
)

from domain.events.event import Event
from domain.events.recorded import AnyEvent, Recorded
from domain.record import Record
from domain.vocabulary import Moment


class Envelope(Record, omit_defaults=True):
    """The stored state of an event: all of `Recorded` that has no column of its own."""

    event: AnyEvent
    recorded_at: Moment
    actor: str
    correlation_id: UUID
    causation_id: UUID | None = None
    traceparent: str | None = None
    change_id: UUID | None = None
    token_id: UUID | None = None


def topic_of(event: type[Event]) -> str:
    """Return the name under which facts of this type are stored."""
    return str(event.__struct_config__.tag)


TOPICS: Mapping[type[Event], str] = {event: topic_of(event) for event in get_args(AnyEvent)}
KNOWN_TOPICS = frozenset(TOPICS.values())


def is_foreign(topic: str) -> bool:
    """Return whether an application of somebody else stores its events under this topic.

    The library's topics are Python paths (`module:Class`); tags of this service have no colon.
    """
    return ":" in topic


# The same, of the column `topic` (a boolean expression).
IS_FOREIGN = "position(':' in topic) > 0"

# A stored state beside its columns, as the JSON of `Recorded` (a bytea expression). Thousands
# of events are decoded at once this way, at a third of the price; see `RecordMapper.many`. The
# columns come last: they win over fields of the same name in the state.
AS_RECORDED = """
substring(state for greatest(length(state) - 1, 0)) || convert_to(
    ',"position":' || notification_id || ',"originator_id":"' || originator_id
    || '","originator_version":' || originator_version || '}', 'UTF8'
)
"""

# Where one of these is in a state, a date in it may lie outside the years 1 to 9999 in UTC. A
# digit may be escaped, too. Text may contain them as well, so the state is then looked at closely.
_SUSPECT = (b'"0001-', b'"9999-', b"\\u003")


class EnvelopeTranscoder(Transcoder):
    """JSON by msgspec: a stored event can be read by eye and by any language."""

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(Envelope)

    def encode(self, obj: Any) -> bytes:
        return self._encoder.encode(obj)

    def decode(self, data: bytes) -> Envelope:
        envelope = self._decoder.decode(data)
        if any(mark in data for mark in _SUSPECT):
            _check_dates(msgspec.to_builtins(envelope, builtin_types=(datetime,)))
        return envelope


def _check_dates(value: Any) -> None:
    """Check that every date in a nested value can be converted to UTC, a wall time from any zone.

    Raises:
        OverflowError: one of them may lie outside the years 1 to 9999 there.
    """
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            value.astimezone(UTC)
        elif not MINYEAR < value.year < MAXYEAR:
            raise OverflowError("wall time out of range")
    elif isinstance(value, dict):
        for part in value.values():
            _check_dates(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _check_dates(part)


class RecordMapper(Mapper[UUID]):
    """Maps facts of this service itself, and hands events of others to the library's mapper.

    The library takes the topic from a class's Python path; here it is the tag, so that classes
    may move. It also builds objects by their `__dict__`, which facts do not have: led around
    that, it would take 1.3 to 1.8 times as long for each fact.

    `transcoder`, `compressor` and `cipher` are for events of others alone.
    """

    def __init__(
        self,
        transcoder: Transcoder | None = None,
        compressor: Compressor | None = None,
        cipher: Cipher | None = None,
    ) -> None:
        super().__init__(transcoder or EnvelopeTranscoder(), compressor, cipher)
        self._envelopes = EnvelopeTranscoder()
        self._encode = msgspec.json.Encoder().encode
        self._many = msgspec.json.Decoder(list[Recorded])

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        if not isinstance(domain_event, Recorded):
            return super().to_stored_event(domain_event)
        envelope = Envelope(
            event=domain_event.event,
            recorded_at=domain_event.recorded_at,
            actor=domain_event.actor,
            correlation_id=domain_event.correlation_id,
            causation_id=domain_event.causation_id,
            traceparent=domain_event.traceparent,
            change_id=domain_event.change_id,
            token_id=domain_event.token_id,
        )
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=TOPICS[type(domain_event.event)],
            state=self._encode(envelope),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        if stored_event.topic not in KNOWN_TOPICS:
            return super().to_domain_event(stored_event)
        return self.to_recorded(stored_event, getattr(stored_event, "id", 0))

    def to_recorded(self, stored: StoredEvent, position: int) -> Recorded:
        """Return the fact as the log keeps it at `position`.

        Raises:
            MapperDeserialisationError: no event of today's code has this stored form.
        """
        # Decoding depends on nothing but the state, so whatever it raises is the state's fault:
        # 200,000 brackets a RecursionError, a year 0 an OverflowError, and so on.
        try:
            envelope = self._envelopes.decode(stored.state)
        except MemoryError:
            raise
        except Exception as error:
            raise MapperDeserialisationError(
                f"Cannot read {stored.topic!r} at version {stored.originator_version}"
                f" of stream {stored.originator_id}: {error}"
            ) from error
        return Recorded(
            event=envelope.event,
            originator_id=cast(UUID, stored.originator_id),
            originator_version=stored.originator_version,
            recorded_at=envelope.recorded_at,
            actor=envelope.actor,
            correlation_id=envelope.correlation_id,
            causation_id=envelope.causation_id,
            traceparent=envelope.traceparent,
            change_id=envelope.change_id,
            token_id=envelope.token_id,
            position=position,
        )

    def many(self, states: Sequence[bytes]) -> list[Recorded]:
        """Return the facts of these states, each taken from the log `AS_RECORDED`.

        Raises:
            MapperDeserialisationError: one of them is no event of today's code;
                `to_recorded` tells which.
        """
        joined = b"[%b]" % b",".join(states)
        try:
            facts = self._many.decode(joined)
        except MemoryError:
            raise
        except Exception as error:
            raise MapperDeserialisationError(str(error)) from error
        if len(facts) != len(states):
            raise MapperDeserialisationError("Two broken states made a whole one between them.")
        if any(mark in joined for mark in _SUSPECT):
            raise MapperDeserialisationError("A moment may be out of range.")
        return facts
