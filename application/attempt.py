"""One attempt at a command: decided from memory where memory is enough, else from the store."""

from collections.abc import Mapping
from typing import Any, Generic
from uuid import UUID

from msgspec.structs import replace

from application.command import Command, Context, Decision
from application.state_cache import CachedState, StateCache
from domain.aggregate import State
from domain.errors import DomainError, VersionMismatch
from domain.record import Record


class Attempt(Record, Generic[State]):
    """A decision and the states it was made from: `own` is that of the command's stream, which is
    among `states` with those of related streams.

    `epoch` is the one of the store in which they were loaded; None when nothing was.
    """

    own: CachedState[State]
    states: Mapping[UUID, CachedState[Any]]
    decision: Decision
    epoch: int | None = None


async def decide(
    command: Command[State],
    context: Context,
    cache: StateCache,
    *,
    expected_version: int | None,
    from_memory: bool,
) -> Attempt[State]:
    """Decide `command`, without the store if `from_memory` and memory is enough.

    Raises:
        DomainError: the command is refused; the store has confirmed the state.
        Unavailable: the store cannot be reached.
    """
    epoch: int | None = cache.epoch
    if command.starts_stream and from_memory:
        own, epoch = CachedState(state=command.initial()), None
    else:
        initial = command.initial()
        recent = cache.recent(initial, command.stream_id, context.now) if from_memory else None
        if recent is not None:
            attempt = _decide_from_memory(command, context, cache, recent, expected_version, epoch)
            if attempt is not None:
                return attempt
        own = await cache.refresh(
            initial,
            command.stream_id,
            context.now,
            authorize=lambda state: command.authorize(state, context),
        )
    streams = command.related_streams(own.state)
    may_be_cached = command.related_may_be_cached and from_memory
    load = cache.recent_or_refresh if may_be_cached else cache.refresh
    related = {stream: await load(blank, stream, context.now) for stream, blank in streams.items()}
    try:
        return _decide(command, context, own, related, expected_version, epoch)
    except DomainError:
        if not (may_be_cached and related):
            raise
    # What was refused may be allowed by what the store has.
    related = {
        stream: await cache.refresh(blank, stream, context.now) for stream, blank in streams.items()
    }
    return _decide(command, context, own, related, expected_version, epoch)


def _decide_from_memory(
    command: Command[State],
    context: Context,
    cache: StateCache,
    recent: CachedState[State],
    expected_version: int | None,
    epoch: int | None,
) -> Attempt[State] | None:
    """Return None where memory, which may be behind, is not enough.

    The store refuses events at a version that is taken, so it checks a decision to record some.
    Nothing would check a refusal, a decision to record nothing, or the state of related streams
    that the decision depends on.
    """
    try:
        streams = command.related_streams(recent.state)
        related = {
            stream: cached
            for stream, initial in streams.items()
            if command.related_may_be_cached
            and (cached := cache.recent(initial, stream, context.now)) is not None
        }
        if len(related) < len(streams):
            return None
        attempt = _decide(command, context, recent, related, expected_version, epoch)
    except DomainError:
        return None
    return attempt if attempt.decision.changes_anything else None


def _decide(
    command: Command[State],
    context: Context,
    own: CachedState[State],
    related: Mapping[UUID, CachedState[Any]],
    expected_version: int | None,
    epoch: int | None,
) -> Attempt[State]:
    command.authorize(own.state, context)
    if expected_version is not None and expected_version != own.state.version:
        raise VersionMismatch(expected_version, own.state.version)
    if related:
        states = {stream: cached.state for stream, cached in related.items()}
        context = replace(context, related=states)
    decision = command.decision(own.state, context)
    states = {command.stream_id: own, **related}
    return Attempt(own=own, states=states, decision=decision, epoch=epoch)
