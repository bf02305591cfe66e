"""The shape of every reaction: an event leads to commands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable
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
    """Returns the commands that follow from an event.

    A reaction follows the log from its own position, which a rebuild of views never moves. It
    may see an event twice (after a crash), so its commands must be idempotent: the id of a
    stream they start is computed from the event, or the aggregate finds that nothing changes.
    A command that the rules refuse is no error. Events of one stream come in order, those of
    different streams concurrently.
    """

    name: ClassVar[str]
    listens_to: ClassVar[tuple[type[Event], ...]]

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]: ...


@runtime_checkable
class Selective(Protocol):
    """A reaction that finds at once from which few of many events commands may follow."""

    async def select(
        self, facts: Sequence[Recorded], current_state: LoadState
    ) -> Sequence[Recorded]:
        """Return these events without those from which surely nothing follows."""
        ...


def context_for(recorded: Recorded, reaction: Reaction, *, now: datetime) -> Context:
    """Return the context of a command that a reaction sends because of an event."""
    return Context(
        actor=f"system:{reaction.name}",
        now=now,
        correlation_id=recorded.correlation_id,
        causation_id=event_id(recorded.originator_id, recorded.originator_version),
        traceparent=recorded.traceparent,
        change_id=recorded.change_id,
    )
