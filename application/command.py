"""The shape of every command and of every read: which stream, who may, and what follows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeAlias
from uuid import UUID

from msgspec import field

from domain.aggregate import Aggregate, State
from domain.errors import DomainError
from domain.events.recorded import AnyEvent
from domain.record import Record

Events: TypeAlias = Sequence[AnyEvent]
States: TypeAlias = Mapping[UUID, Aggregate[Any]]
"""The states of several streams, by the id of the stream."""


class Context(Record):
    """Who acts, when, within which request, and because of which event or change.

    `actor` is an account id as text, `system:` and the name of one of our processes, or
    `anonymous`: nobody proved to be an account. `token_id` is the personal access token that the
    actor used. `change_id` is that of the request, or of the event that a reaction follows.
    `related` holds the streams that the command named, and is filled in for `decide`.
    """

    actor: str
    now: datetime
    correlation_id: UUID
    causation_id: UUID | None = None
    traceparent: str | None = None
    change_id: UUID | None = None
    token_id: UUID | None = None
    related: States = field(default_factory=dict)

    @property
    def is_system(self) -> bool:
        return self.actor.startswith("system:")


class Stream(Record, Generic[State]):
    """One stream and who may see it: what a read names, and a command changes."""

    @property
    def stream_id(self) -> UUID:
        raise NotImplementedError

    def initial(self) -> State:
        """Return the state of the stream before its first event."""
        raise NotImplementedError

    def authorize(self, state: State, context: Context) -> None:
        """Refuse an actor who may not see, or not change, this stream.

        Raises:
            DomainError: the refusal; of a stream of somebody else, that it does not exist.
        """


class Decision(Record):
    """The events to record, by stream: all of them or none.

    A stream that the command neither changes nor reads must begin with its events; `if_taken`
    says which error it is when it has begun already.
    """

    events: Mapping[UUID, Events]
    if_taken: Mapping[UUID, DomainError] = field(default_factory=dict)

    @property
    def changes_anything(self) -> bool:
        return any(self.events.values())


class Command(Stream[State], Generic[State]):
    """A request to change one stream, and others with it.

    `starts_stream`: the command records the first event of its stream, so nothing is loaded.
    `commutes`: its events mean the same before and after those of other commands, so a lost race
    is no news to its sender. `related_may_be_cached`: related streams only supply defaults, so a
    state of them that this process saw a moment ago is good enough.
    """

    starts_stream: ClassVar[bool] = False
    commutes: ClassVar[bool] = False
    related_may_be_cached: ClassVar[bool] = False

    def related_streams(self, state: State) -> States:
        """Return the other streams that the decision depends on, each with its initial state."""
        return {}

    def decide(self, state: State, context: Context) -> Events | Decision:
        """Return the events that follow, for this stream or for several; none: nothing changes.

        Raises:
            DomainError: the command is refused.
        """
        raise NotImplementedError

    def decision(self, state: State, context: Context) -> Decision:
        """Return what `decide` returns, as a decision in both cases."""
        decided = self.decide(state, context)
        if isinstance(decided, Decision):
            return decided
        return Decision(events={self.stream_id: decided})


class IdempotencyKey(Record):
    """The stream that an idempotency key stands for, and the digest of the request under it."""

    stream_id: UUID
    fingerprint: str
