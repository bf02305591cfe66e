"""The shape of every request for change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeAlias
from uuid import UUID

from domain.aggregate import Aggregate, State
from domain.errors import Conflict, DomainError
from domain.events.recorded import AnyEvent
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


Decision: TypeAlias = Mapping[UUID, Sequence[AnyEvent]]
"""What is to be recorded, stream by stream."""


class Command(Record, Generic[State]):
    """A request to change one stream."""

    @property
    def stream_id(self) -> UUID:
        raise NotImplementedError

    @property
    def starts_stream(self) -> bool:
        """True for the first request of a stream, which finds nothing to load."""
        return False

    def initial(self) -> State:
        """Return the state of a stream to which nothing has happened yet."""
        raise NotImplementedError

    def authorize(self, state: State, context: Context) -> None:
        """Refuse an asker who may not see, or not change, this stream."""

    def decide(self, state: State, context: Context) -> Sequence[AnyEvent]:
        """Return the facts that follow, an empty list when nothing would change."""
        raise NotImplementedError

    def extra_events(
        self, state: State, facts: Sequence[AnyEvent], context: Context
    ) -> Sequence[tuple[UUID, AnyEvent]]:
        """Return first facts of other streams, recorded with this one's `facts` or not at all."""
        return ()

    def related_streams(self, state: State) -> Mapping[UUID, Aggregate]:
        """Name the other streams the decision depends on, each with its blank."""
        return {}

    def decide_across(
        self, state: State, others: Mapping[UUID, Aggregate], context: Context
    ) -> Decision:
        """Return the facts that follow for this stream and others, all recorded or none.

        `others` are as they stand; a stream that is not among them begins with its facts.
        """
        facts = self.decide(state, context)
        decision: dict[UUID, list[AnyEvent]] = {self.stream_id: list(facts)}
        for stream, fact in self.extra_events(state, facts, context) if facts else ():
            decision.setdefault(stream, []).append(fact)
        return decision

    def on_conflict(self, conflict: Conflict) -> DomainError:
        """Say what it means that a stream which was to begin had begun already."""
        return conflict


class IdempotencyKey(Record):
    """An idempotency key made a stream, and what was asked under it."""

    stream_id: UUID
    fingerprint: str
