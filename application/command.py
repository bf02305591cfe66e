"""The shape of every request for change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic
from uuid import UUID

from domain.aggregate import State
from domain.errors import Conflict, DomainError
from domain.events import AnyEvent
from domain.record import Record


class Context(Record):
    """Who asks, when, in the course of what, and because of what.

    `actor` is an account id as text, or `system:` and the name of one of our processes.
    """

    actor: str
    now: datetime
    correlation_id: UUID
    causation_id: UUID | None = None
    traceparent: str | None = None

    @property
    def is_system(self) -> bool:
        return self.actor.startswith("system:")


class Command(Record, Generic[State]):
    """A request to change one stream."""

    @property
    def stream_id(self) -> UUID:
        raise NotImplementedError

    @property
    def creates(self) -> bool:
        """True for the first request of a stream, which finds nothing to load."""
        return False

    def blank(self) -> State:
        """Return the state of a stream to which nothing has happened yet."""
        raise NotImplementedError

    def authorize(self, state: State, context: Context) -> None:
        """Refuse an asker who may not see, or not change, this stream."""

    def decide(self, state: State, context: Context) -> Sequence[AnyEvent]:
        """Return the facts that follow, an empty list when nothing would change."""
        raise NotImplementedError

    def alongside(self, context: Context) -> Sequence[tuple[UUID, AnyEvent]]:
        """Return first facts of other streams, recorded with this one's or not at all."""
        return ()

    def lost(self, conflict: Conflict) -> DomainError:
        """Say what it means that one of those other streams had begun already."""
        return conflict


class Request(Record):
    """An idempotency key made a stream, and what was asked under it."""

    stream_id: UUID
    fingerprint: str
