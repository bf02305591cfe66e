"""The shape of every reaction: a fact leads to the next command."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

from application.command import Command, Context
from domain.aggregate import State
from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.values.streams import event_id


class LoadState(Protocol):
    """Returns the present state of a stream."""

    async def __call__(self, initial: State, stream_id: UUID, /) -> State: ...


class Reaction(Protocol):
    """Says what is to be asked because something happened.

    A reaction follows the log from a position of its own, which a rebuild of views never
    moves. It may see a fact twice (after a crash), so what it asks for must be the same when
    asked again: the stream that is to begin has an id computed from the fact, or the
    aggregate finds that nothing would change. A command the rules turn down is no error.
    Facts of one stream come in order; those of different streams come side by side.
    """

    name: ClassVar[str]
    listens_to: ClassVar[tuple[type[Event], ...]]

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]: ...


def context_for(recorded: Recorded, reaction: Reaction, *, now: datetime) -> Context:
    """Return the context of a command that a reaction asks for because of a fact."""
    return Context(
        actor=f"system:{reaction.name}",
        now=now,
        correlation_id=recorded.correlation_id,
        causation_id=event_id(recorded.originator_id, recorded.originator_version),
        traceparent=recorded.traceparent,
    )
