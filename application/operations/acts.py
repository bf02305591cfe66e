"""The acts of operators that are recorded. The interface checks the role."""

from uuid import UUID

from application.command import Command, Context, Events
from domain.operations.acts import OperatorActs
from domain.values.streams import parked_event_stream, payload_stream
from domain.vocabulary import AccountId


class OperatorCommand(Command[OperatorActs]):
    """A request of an operator."""

    def initial(self) -> OperatorActs:
        return OperatorActs()

    def authorize(self, state: OperatorActs, context: Context) -> None:
        """The scope and the role decide, before any command."""


class RecordPayloadRead(OperatorCommand):
    """The reader is about to see the data of a stream."""

    reader: AccountId
    stream: UUID
    reason: str

    @property
    def stream_id(self) -> UUID:
        return payload_stream(self.reader, self.stream)

    def decide(self, state: OperatorActs, context: Context) -> Events:
        return state.read(self.reader, self.stream, self.reason, context.now)


class ParkedEventCommand(OperatorCommand):
    """`view` is the view, the reaction or the relay that parked the event at `position`."""

    view: str
    position: int

    @property
    def stream_id(self) -> UUID:
        return parked_event_stream(self.view, self.position)


class RetryParkedEvent(ParkedEventCommand):
    def decide(self, state: OperatorActs, context: Context) -> Events:
        return state.retry(self.view, self.position)


class DiscardParkedEvent(ParkedEventCommand):
    def decide(self, state: OperatorActs, context: Context) -> Events:
        return state.discard(self.view, self.position)
