"""The only way from a command to recorded events."""

import asyncio
import random
from typing import Generic, cast
from uuid import UUID

from msgspec.structs import replace

from application.attempt import Attempt, decide
from application.command import Command, Context, IdempotencyKey, Stream
from application.ports.event_store import EventStore, HistoryChanged
from application.ports.limits import Quotas
from application.recording import answer_event, number_events, state_after
from application.state_cache import StateCache
from domain.aggregate import State, fold
from domain.errors import Conflict, KeyReused, RequestInFlight
from domain.events.requests import RequestAnswered
from domain.record import Record

# A command that loses this often in a row competes with many others: its sender should know.
MAX_ATTEMPTS = 5
# One that commutes competes with commands that do not contradict it: it is worth the wait.
MAX_COMMUTING_ATTEMPTS = 100
MAX_PAUSE_SECONDS = 0.05  # before such an attempt; random, so that rivals do not meet again


class Receipt(Record, Generic[State]):
    """The state after a command or a read, and its place in the log.

    `position` is the log position of the last event of the change, or of the stream when
    nothing changed: once a view has reached it, the view shows this state. `replayed`: this is
    the earlier answer to the same idempotency key. `changed`: events were recorded now.
    `change_id` names what was recorded, now or at first; None: nothing was.
    """

    state: State
    position: int
    replayed: bool = False
    changed: bool = False
    change_id: UUID | None = None

    @property
    def version(self) -> int:
        return self.state.version


class CommandHandler:
    """Loads, decides and records.

    The last `remember` streams stay in memory. A decision made from memory counts only if the
    store accepts its events at the remembered version; a refusal, or a decision that nothing
    changes, is always checked against the store.
    """

    def __init__(self, store: EventStore, *, remember: int = 4096) -> None:
        self._store = store
        self._cache = StateCache(store, size=remember)

    @property
    def store(self) -> EventStore:
        """The store that it loads from and appends to."""
        return self._store

    async def handle(
        self,
        command: Command[State],
        context: Context,
        *,
        expected_version: int | None = None,
        key: IdempotencyKey | None = None,
        quotas: Quotas | None = None,
        retry_forever: bool = False,
    ) -> Receipt[State]:
        """Carry out `command` once, within the `quotas` of the actor if there are any.

        A `key` that was answered before returns that answer, and nothing is recorded. With an
        `expected_version`, the command is refused at any other version. A command that lost a
        race is tried again: a few times, more often and with pauses if it commutes. With
        `retry_forever` a lost race is never an error: in every round some command wins, so this
        one gets through.

        Raises:
            DomainError: the rules, or the versions, refuse the command.
            Unavailable: the store cannot be reached; nothing was acknowledged.
        """
        if key is not None and (answer := await self._answered(command, context, key)):
            return answer
        attempts = 0
        while True:
            attempts += 1
            attempt = await decide(
                command,
                context,
                self._cache,
                expected_version=expected_version,
                from_memory=attempts == 1,
            )
            try:
                return await self._record(command, attempt, context, key, quotas)
            except HistoryChanged:
                self._cache.clear()
            except Conflict as conflict:
                if taken := attempt.decision.if_taken.get(conflict.stream_id):
                    raise taken from conflict
                lost_race = conflict.stream_id in attempt.states and not command.starts_stream
                if not lost_race or (attempts >= _max_attempts(command) and not retry_forever):
                    raise
            if command.commutes:
                await asyncio.sleep(_pause_seconds(attempts))

    async def read(self, stream: Stream[State], context: Context) -> Receipt[State]:
        """Return the present state of a stream, read from the store.

        Raises:
            DomainError: the actor may not see it, or it does not exist.
            Unavailable: the store cannot be reached.
        """
        cached = await self._cache.refresh(
            stream.initial(),
            stream.stream_id,
            context.now,
            authorize=lambda state: stream.authorize(state, context),
        )
        stream.authorize(cached.state, context)
        return Receipt(state=cached.state, position=cached.position)

    async def current_state(self, initial: State, stream_id: UUID) -> State:
        """Return the present state of a stream, read from the store. For reactions to events,
        which nobody authorizes."""
        return (await self._cache.refresh(initial, stream_id, None)).state

    async def _record(
        self,
        command: Command[State],
        attempt: Attempt[State],
        context: Context,
        key: IdempotencyKey | None,
        quotas: Quotas | None,
    ) -> Receipt[State]:
        batch = number_events(attempt.decision, attempt.states, context)
        decided = len(batch)
        if key is not None:
            own_events = attempt.decision.events.get(command.stream_id, ())
            version = attempt.own.state.version + len(own_events)
            answered = context if decided else replace(context, change_id=None)
            batch.append(answer_event(key, command.stream_id, version, answered))
        if not batch:
            # An earlier try may have made it so, and its commit may still wait for a standby.
            await self._store.confirm()
            return Receipt(state=attempt.own.state, position=attempt.own.position)
        admission = await quotas.admit(context.actor, batch) if quotas else None
        try:
            positions = await self._store.append(batch, epoch=attempt.epoch)
        except (Conflict, HistoryChanged) as conflict:
            if admission is not None:
                admission.refused()
            if not isinstance(conflict, Conflict):
                raise
            if key is not None and conflict.stream_id == key.stream_id:
                raise RequestInFlight(key.stream_id) from conflict
            raise
        if admission is not None:
            admission.recorded(positions)
        own, end = attempt.own, 0
        for stream, events in attempt.decision.events.items():
            start, end = end, end + len(events)
            before = attempt.states.get(stream)
            if before is None or not events:
                continue  # it is not cached, or nothing new is known of it
            after = state_after(before, batch[start:end], positions[end - 1], context.now)
            self._cache.remember(stream, after)
            if before is attempt.own:
                own = after
        position = positions[decided - 1] if decided else own.position
        change_id = context.change_id if decided else None
        return Receipt(state=own.state, position=position, changed=decided > 0, change_id=change_id)

    async def _answered(
        self, command: Command[State], context: Context, key: IdempotencyKey
    ) -> Receipt[State] | None:
        """Return the earlier answer to this key, if there is one."""
        past = await self._store.load(key.stream_id)
        if not past:
            return None
        await self._store.confirm()
        answer = cast(RequestAnswered, past[0].event)
        if answer.fingerprint != key.fingerprint:
            raise KeyReused
        history = await self._store.load(answer.subject)
        until = [recorded for recorded in history if recorded.originator_version <= answer.version]
        state = fold(command.initial(), until)
        command.authorize(state, context)
        position = until[-1].position if until else 0
        return Receipt(state=state, position=position, replayed=True, change_id=past[0].change_id)


def _max_attempts(command: Command[State]) -> int:
    return MAX_COMMUTING_ATTEMPTS if command.commutes else MAX_ATTEMPTS


def _pause_seconds(attempts: int) -> float:
    longest = min(MAX_PAUSE_SECONDS, 0.001 * 2.0 ** min(attempts, 10))
    return random.uniform(0.0, longest)  # noqa: S311 - nobody gains by guessing it
