"""From a decision to the events as the log keeps them, and to the states after them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from application.command import Context, Decision, IdempotencyKey
from application.state_cache import CachedState
from domain.aggregate import State, fold
from domain.events.recorded import AnyEvent, Recorded
from domain.events.requests import RequestAnswered


def number_events(
    decision: Decision, before: Mapping[UUID, CachedState[Any]], context: Context
) -> list[Recorded]:
    """Return the events of all streams, numbered from the versions `before` them.

    Time never goes backwards in a stream, although the clocks of two processes differ.
    """
    numbered: list[Recorded] = []
    for stream, events in decision.events.items():
        cached = before.get(stream)
        version = cached.state.version if cached else 0
        at = context.now
        if cached and cached.recorded_at:
            at = max(at, cached.recorded_at)
        numbered += [
            _recorded(event, stream, n, context, at) for n, event in enumerate(events, version + 1)
        ]
    return numbered


def answer_event(key: IdempotencyKey, subject: UUID, version: int, context: Context) -> Recorded:
    """Return the event by which a key is known to be answered: `subject` at this `version`.

    Its change id is that of the answer: none if the `context` has none, as nothing changed.
    """
    answered = RequestAnswered(fingerprint=key.fingerprint, subject=subject, version=version)
    return _recorded(answered, key.stream_id, 1, context, context.now)


def state_after(
    before: CachedState[State], events: Sequence[Recorded], position: int, now: datetime
) -> CachedState[State]:
    """Return the state of a stream after its next `events`, of which the last is at `position`."""
    return CachedState(
        state=fold(before.state, events),
        position=position,
        recorded_at=events[-1].recorded_at,
        seen_at=now,
    )


def _recorded(
    event: AnyEvent, stream_id: UUID, version: int, context: Context, recorded_at: datetime
) -> Recorded:
    return Recorded(
        event=event,
        originator_id=stream_id,
        originator_version=version,
        recorded_at=recorded_at,
        actor=context.actor,
        correlation_id=context.correlation_id,
        causation_id=context.causation_id,
        traceparent=context.traceparent,
        change_id=context.change_id,
        token_id=context.token_id,
    )
