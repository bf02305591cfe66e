"""Carries out what a reaction asks for, along the log."""

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
from application.ports import Unavailable
from application.reactions.reaction import Reaction, context_for
from domain.errors import DomainError
from domain.events.recorded import Recorded
from domain.record import Record
from infrastructure.store.checkpoints import advance
from infrastructure.store.dead_events import park
from infrastructure.store.event_log import EventFilter, EventLog, Undecodable
from infrastructure.telemetry import tracing

log = structlog.get_logger()


class ReactionFailure(Record):
    entry: Recorded | Undecodable
    error: str


class Reactor:
    """Follows the log for one reaction.

    The position moves once everything up to it has been asked: after a crash the last
    stretch is asked again, and finds itself done.
    """

    def __init__(self, reaction: Reaction, commands: CommandHandler, events: EventLog) -> None:
        self.name = reaction.name
        self._reaction = reaction
        self._commands = commands
        self._log = events
        self._concern = EventFilter(reaction)

    async def advance(self, connection: AsyncConnection, start: int, *, limit: int) -> int:
        """React to at most `limit` events beyond `start`; return how far the log was followed.

        An event that cannot be reacted to is set aside. Raises Overtaken when the position
        is no longer `start`, and Unavailable when the store is away: nothing has moved then.
        """
        page = await self._log.read(connection, start, limit=limit)
        if page.horizon == start:
            return start
        streams: dict[UUID, list[Recorded]] = defaultdict(list)
        failures: list[ReactionFailure] = []
        for entry in self._concern.select(page.entries):
            if isinstance(entry, Undecodable):
                failures.append(ReactionFailure(entry=entry, error=entry.error))
            else:
                streams[entry.originator_id].append(entry)
        for failed in await asyncio.gather(*map(self._react_in_order, streams.values())):
            failures += failed
        async with connection.transaction():
            await advance(connection, self.name, start=start, end=page.horizon)
            for failure in failures:
                await park(connection, self.name, failure.entry, failure.error)
        return page.horizon

    async def _react_in_order(self, stream: Sequence[Recorded]) -> list[ReactionFailure]:
        failures = []
        for recorded in stream:
            try:
                await self._react(recorded)
            except Unavailable:
                raise
            except Exception as error:
                log.exception("a reaction failed", reaction=self.name, position=recorded.position)
                failures.append(ReactionFailure(entry=recorded, error=repr(error)))
        return failures

    async def _react(self, recorded: Recorded) -> None:
        with (
            bound_contextvars(correlation_id=recorded.correlation_id),
            tracing.span(f"react {self.name}", parent=recorded.traceparent, kind="consumer"),
        ):
            await self._execute(recorded)

    async def _execute(self, recorded: Recorded) -> None:
        for command in await self._reaction.commands(recorded, self._commands.current_state):
            context = context_for(recorded, self._reaction, now=datetime.now(UTC))
            context = replace(context, traceparent=tracing.current_traceparent())
            try:
                # To lose a race is no refusal, and nobody else would ask again. A conflict that
                # comes through all the same says: what is to begin has begun, it is done.
                await self._commands.handle(command, context, retry_forever=True)
            except DomainError as refusal:
                log.info(
                    "a reaction was turned down",
                    reaction=self.name,
                    position=recorded.position,
                    command=type(command).__name__,
                    why=str(refusal),
                )
