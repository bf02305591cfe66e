"""The events of what operators do to the log and its readers over the API."""

from typing import TypeAlias
from uuid import UUID

from domain.events.event import Event
from domain.vocabulary import AccountId


class PayloadRead(Event, tag="operations.payload_read"):
    """An operator read the events of a stream with their data, for this reason. Recorded once for
    each reader, stream and hour."""

    reader: AccountId
    stream: UUID
    reason: str


class ParkedEventRetried(Event, tag="operations.parked_event_retried"):
    """An operator retries an event that a view or a reaction parked."""

    view: str
    position: int


class ParkedEventDiscarded(Event, tag="operations.parked_event_discarded"):
    """An operator accepts that a view, a reaction or the relay stays without a parked event."""

    view: str
    position: int


OperationsEvent: TypeAlias = PayloadRead | ParkedEventRetried | ParkedEventDiscarded
