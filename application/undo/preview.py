"""What a command would record, without recording it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from application.command import Command, Context, Decision
from application.reactions.reaction import LoadState
from application.recording import number_events
from application.state_cache import CachedState
from domain.aggregate import Aggregate, State, fold
from domain.errors import DomainError
from domain.events.recorded import Recorded
from domain.record import Record


class DecisionPreview(Record):
    """The states that a decision depends on, by stream, and the events that it would record."""

    states: Mapping[UUID, Aggregate[Any]]
    events: Sequence[Recorded]

    def after(self, stream: UUID, initial: State) -> State:
        """Return the state of a stream after the events."""
        before = self.states.get(stream, initial)
        if not isinstance(before, type(initial)):
            return initial
        return fold(before, [each for each in self.events if each.originator_id == stream])


async def preview(
    command: Command[State], context: Context, state: State, load: LoadState
) -> DecisionPreview:
    """Return what the command would record, given the state of its stream.

    Raises:
        DomainError: the command would be refused.
        Unavailable: the store cannot be reached.
    """
    command.authorize(state, context)
    related = {
        stream: await load(initial, stream)
        for stream, initial in command.related_streams(state).items()
    }
    states: dict[UUID, Aggregate[Any]] = {command.stream_id: state, **related}
    decision: Decision = command.decision(state, replace(context, related=related))
    cached = {stream: CachedState(state=each) for stream, each in states.items()}
    return DecisionPreview(states=states, events=number_events(decision, cached, context))


async def intended_events(
    command: Command[State], context: Context, history: Sequence[Recorded], load: LoadState
) -> Sequence[Recorded]:
    """Return what the command would record on its stream after this history; none where it would
    be refused.

    Raises:
        Unavailable: the store cannot be reached.
    """
    state = fold(command.initial(), history)
    try:
        found = await preview(command, context, state, load)
    except DomainError:
        return []
    return [each for each in found.events if each.originator_id == command.stream_id]
