"""Follows the log for a reaction and executes its commands."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import structlog
from msgspec.structs import replace
from psycopg import AsyncConnection
from structlog.contextvars import bound_contextvars

from application.command_handler import CommandHandler
from application.ports.unavailable import Unavailable
from application.reactions.reaction import Reaction, Selective, context_for
from domain.errors import DomainError
from domain.events.recorded import Recorded
from infrastructure.following.checkpoints import LazyPosition
from infrastructure.following.dead_events import Failure, advance_past
from infrastructure.following.event_filter import EventFilter
from infrastructure.store.event_log import EventLog, Undecodable
from infrastructure.telemetry import tracing

log = structlog.get_logger()

LAZY_SECONDS = 1.0  # between two moves of a reaction that finds nothing: no query waits for it


class Reactor:
    """The reader of the log that serves `reaction`.

    Its position moves after every command up to it was handled, and now and then where there was
    none. After a crash the commands of the last batch are handled again, and change nothing the
    second time.
    """

    def __init__(self, reaction: Reaction, commands: CommandHandler, events: EventLog) -> None:
        self.name = reaction.name
        self._reaction = reaction
        self._selective = reaction if isinstance(reaction, Selective) else None
        self._commands = commands
        self._log = events
        self._filter = EventFilter(reaction)
        self._position = LazyPosition(LAZY_SECONDS)

    async def advance(self, connection: AsyncConnection, start: int, *, limit: int) -> int:
        """React to at most `limit` events beyond `start`; return the position reached.

        An event whose reaction fails is parked.

        Raises:
            CheckpointMoved: the position is no longer `start`.
            Unavailable: the store does not answer; the position has not moved.
        """
        page = await self._log.read(connection, start, limit=limit)
        at_end = page.horizon == start
        start = self._position.written(start)
        if page.horizon == start:
            return start
        entries = self._filter.of_page(page)
        failures = [
            Failure(entry=entry, error=entry.error)
            for entry in entries
            if isinstance(entry, Undecodable)
        ]
        facts = await self._select([entry for entry in entries if isinstance(entry, Recorded)])
        nothing = not facts and not failures
        if nothing and not at_end and self._position.may_skip(start, page.horizon):
            return page.horizon
        streams: dict[UUID, list[Recorded]] = defaultdict(list)
        for fact in facts:
            streams[fact.originator_id].append(fact)
        for failed in await asyncio.gather(*map(self._react_in_order, streams.values())):
            failures += failed
        await advance_past(connection, self.name, failures, start=start, end=page.horizon)
        self._position.moved()
        return page.horizon

    async def react(self, recorded: Recorded) -> None:
        """React to one event; to an event of another type than the reaction's do nothing.

        Raises:
            Exception: whatever the reaction raises.
        """
        if not self._filter.select([recorded]):
            return
        with (
            bound_contextvars(correlation_id=recorded.correlation_id),
            tracing.span(f"react {self.name}", parent=recorded.traceparent, kind="consumer"),
        ):
            await self._execute(recorded)

    async def _select(self, facts: Sequence[Recorded]) -> Sequence[Recorded]:
        if not facts or self._selective is None:
            return facts
        try:
            return await self._selective.select(facts, self._commands.current_state)
        except Unavailable:
            raise
        except Exception:
            return facts  # one of them is at fault: reactions to them one by one find it

    async def _react_in_order(self, stream: Sequence[Recorded]) -> list[Failure]:
        failures = []
        for recorded in stream:
            try:
                await self.react(recorded)
            except Unavailable:
                raise
            except Exception as error:
                log.exception("reaction_failed", reaction=self.name, position=recorded.position)
                failures.append(Failure(entry=recorded, error=repr(error)))
        return failures

    async def _execute(self, recorded: Recorded) -> None:
        for command in await self._reaction.commands(recorded, self._commands.current_state):
            context = context_for(recorded, self._reaction, now=datetime.now(UTC))
            context = replace(context, traceparent=tracing.current_traceparent())
            try:
                # A lost race is no refusal, and nobody else would try again. A Conflict that is
                # raised even so means that the stream to start exists already: nothing to do.
                await self._commands.handle(command, context, retry_forever=True)
            except DomainError as refusal:
                log.info(
                    "reaction_refused",
                    reaction=self.name,
                    position=recorded.position,
                    command=type(command).__name__,
                    why=str(refusal),
                )
