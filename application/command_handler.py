"""The one road from a command to recorded events."""

import itertools
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Generic, cast
from uuid import UUID

from msgspec.structs import replace

from application.command import Command, Context, Decision, IdempotencyKey
from application.ports import EventStore
from domain.aggregate import Aggregate, State, fold
from domain.errors import (
    Conflict,
    DomainError,
    KeyReused,
    RequestInFlight,
    VersionMismatch,
)
from domain.events.recorded import AnyEvent, Recorded
from domain.events.requests import RequestAnswered
from domain.record import Record

# A command that loses this often in a row has met a crowd; its asker should know.
MAX_ATTEMPTS = 5


class Receipt(Record, Generic[State]):
    """Where the change landed, and what stands there now.

    `position` is the log position of the last fact of the change, or of this stream: enough
    to wait for a view to show it. `replayed`: an idempotency key was given this answer before.
    `changed`: something was recorded now.
    """

    state: State
    position: int
    replayed: bool = False
    changed: bool = False

    @property
    def version(self) -> int:
        return self.state.version


# How long memory is taken for the truth before the store is asked. A stream that several
# processes change in turn would cost a conflict each time; asking costs a fifth of that.
CACHE_TTL = timedelta(milliseconds=250)


class CachedState(Record):
    """The last state of a stream this process has seen, its place in the log, and when."""

    state: Aggregate
    position: int
    seen_at: datetime | None = None


class CommandHandler:
    """Load, decide, record.

    Streams are remembered between commands, and what was seen just now is not loaded again.
    Memory may be behind the store, so what was decided from memory counts only when the
    store accepts it at the remembered version; a refusal, or a finding that nothing would
    change, is checked against the store first.
    """

    def __init__(self, store: EventStore, *, remember: int = 4096) -> None:
        self._store = store
        self._remember = remember
        self._known: OrderedDict[UUID, CachedState] = OrderedDict()

    async def handle(
        self,
        command: Command[State],
        context: Context,
        *,
        expected_version: int | None = None,
        key: IdempotencyKey | None = None,
        retry_forever: bool = False,
    ) -> Receipt[State]:
        """Carry out `command` once.

        With a `request` whose key was answered before, return that same answer and record
        nothing. With an `expected_version`, refuse when another one stands. Who is `persistent`
        is never told of a lost race: in every round somebody wins, so it gets there.

        Raises:
            DomainError: the rules, or the versions, turn the command down.
            Unavailable: the store cannot be reached; nothing was acknowledged.
        """
        if key is not None and (answer := await self._answered(command, context, key)):
            return answer
        for attempt in itertools.count(1):
            known, fresh = await self._recall(command, context, refresh=attempt > 1)
            while True:
                others: Mapping[UUID, CachedState] = {}
                try:
                    if blanks := command.related_streams(cast(State, known.state)):
                        if not fresh:  # it names the others, and may name those of yesterday
                            known, fresh = await self._recall(command, context, refresh=True)
                            continue
                        others = {
                            stream: await self._refresh(blank, stream, context.now)
                            for stream, blank in blanks.items()
                        }
                    decision = self._decide(command, known, others, context, expected_version)
                except DomainError:
                    if fresh:
                        raise
                else:
                    if fresh or any(decision.values()):
                        break
                known, fresh = await self._recall(command, context, refresh=True)
            try:
                return await self._record(command, known, others, decision, context, key)
            except RequestInFlight:
                raise
            except Conflict as conflict:
                if conflict.stream_id != command.stream_id and conflict.stream_id not in others:
                    raise command.on_conflict(conflict) from conflict
                if command.starts_stream or (attempt >= MAX_ATTEMPTS and not retry_forever):
                    raise
        raise AssertionError("it counts for ever")

    async def state(self, command: Command[State], context: Context) -> Receipt[State]:
        """Return what stands, read from the store, to whoever may send `command`."""
        known, _ = await self._recall(command, context, refresh=True)
        state = cast(State, known.state)
        command.authorize(state, context)
        return Receipt(state=state, position=known.position)

    async def current_state(self, blank: State, stream_id: UUID) -> State:
        """Return what stands in a stream, read from the store; for those who react to facts."""
        known = await self._refresh(blank, stream_id, None)
        return cast(State, known.state)

    def _decide(
        self,
        command: Command[State],
        known: CachedState,
        others: Mapping[UUID, CachedState],
        context: Context,
        expected_version: int | None,
    ) -> Decision:
        state = cast(State, known.state)
        command.authorize(state, context)
        if expected_version is not None and expected_version != state.version:
            raise VersionMismatch(expected_version, state.version)
        standing = {stream: other.state for stream, other in others.items()}
        return command.decide_across(state, standing, context)

    async def _record(
        self,
        command: Command[State],
        known: CachedState,
        others: Mapping[UUID, CachedState],
        decision: Decision,
        context: Context,
        request: IdempotencyKey | None,
    ) -> Receipt[State]:
        standing = {command.stream_id: known, **others}
        batch: list[Recorded] = []
        for stream, facts in decision.items():
            version = standing[stream].state.version if stream in standing else 0
            batch += [
                _recorded(fact, stream, number, context)
                for number, fact in enumerate(facts, start=version + 1)
            ]
        position, decided = known.position, len(batch)
        if request is not None:
            answered = RequestAnswered(
                fingerprint=request.fingerprint,
                subject=command.stream_id,
                version=known.state.version + len(decision.get(command.stream_id, ())),
            )
            batch.append(_recorded(answered, request.stream_id, 1, context))
        if batch:
            try:
                positions = await self._store.append(batch)
            except Conflict as conflict:
                if request is not None and conflict.stream_id == request.stream_id:
                    raise RequestInFlight(request.stream_id) from conflict
                raise
            if decided:
                position = positions[decided - 1]
            for stream, before in standing.items():
                after = _continued(before, stream, batch, positions)
                self._keep(stream, replace(after, seen_at=context.now))
                if stream == command.stream_id:
                    known = after
        return Receipt(state=cast(State, known.state), position=position, changed=decided > 0)

    async def _recall(
        self, command: Command[State], context: Context, *, refresh: bool
    ) -> tuple[CachedState, bool]:
        """Return the stream as far as we know it, and whether the store confirmed it."""
        if command.starts_stream and not refresh:
            return CachedState(state=command.initial(), position=0), True
        known = self._known.get(command.stream_id)
        if (
            known is not None
            and known.seen_at is not None
            and not refresh
            and context.now - known.seen_at < CACHE_TTL
        ):
            self._known.move_to_end(command.stream_id)
            return known, False
        return await self._refresh(command.initial(), command.stream_id, context.now), True

    async def _refresh(
        self, blank: Aggregate, stream_id: UUID, now: datetime | None
    ) -> CachedState:
        known = self._known.get(stream_id) or CachedState(state=blank, position=0)
        news = await self._store.load(stream_id, after=known.state.version)
        if news:
            known = CachedState(
                state=fold(known.state, news), position=news[-1].position, seen_at=now
            )
            self._keep(stream_id, known)
        return known

    def _keep(self, stream_id: UUID, known: CachedState) -> None:
        newer = self._known.get(stream_id)
        if newer is not None and newer.state.version > known.state.version:
            return
        self._known[stream_id] = known
        self._known.move_to_end(stream_id)
        if len(self._known) > self._remember:
            self._known.popitem(last=False)

    async def _answered(
        self, command: Command[State], context: Context, request: IdempotencyKey
    ) -> Receipt[State] | None:
        """Return the answer this key was given before, if it was."""
        past = await self._store.load(request.stream_id)
        if not past:
            return None
        answer = cast(RequestAnswered, past[0].event)
        if answer.fingerprint != request.fingerprint:
            raise KeyReused
        history = await self._store.load(answer.subject)
        until = [recorded for recorded in history if recorded.originator_version <= answer.version]
        state = fold(command.initial(), until)
        command.authorize(state, context)
        position = until[-1].position if until else 0
        return Receipt(state=state, position=position, replayed=True)


def _continued(
    known: CachedState, stream: UUID, batch: Sequence[Recorded], positions: Sequence[int]
) -> CachedState:
    """Return what is known of a stream once its part of a batch is recorded."""
    news = [
        (recorded, position)
        for recorded, position in zip(batch, positions, strict=True)
        if recorded.originator_id == stream
    ]
    if not news:
        return known
    return CachedState(
        state=fold(known.state, [recorded for recorded, _ in news]), position=news[-1][1]
    )


def _recorded(event: AnyEvent, stream_id: UUID, version: int, context: Context) -> Recorded:
    return Recorded(
        event=event,
        originator_id=stream_id,
        originator_version=version,
        recorded_at=context.now,
        actor=context.actor,
        correlation_id=context.correlation_id,
        causation_id=context.causation_id,
        traceparent=context.traceparent,
    )
