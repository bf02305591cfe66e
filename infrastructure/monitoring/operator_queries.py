"""Answers operators: the readers of the log, processes, events and parked events."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import psycopg
from psycopg import AsyncConnection

from application.operations.port import (
    LogPage,
    LogQuery,
    ParkedEvent,
    ProcessState,
    ReaderState,
)
from application.ports.startup import OperationRefused
from application.ports.unavailable import Unavailable
from application.reactions.catalogue import REACTION_NAMES, reactions
from infrastructure.following.checkpoints import lost_readers
from infrastructure.following.dead_events import DeadEvent, dead_events, discard
from infrastructure.following.lag import lag_behind
from infrastructure.monitoring.log_search import search_log
from infrastructure.postgres.connections import connect
from infrastructure.projecting.change_log import PostgresChangeLog
from infrastructure.projecting.list_members import ListMembers
from infrastructure.projecting.reactor import Reactor
from infrastructure.rebuilding.dead_event_retry import NeedsRebuild, react_again, retry
from infrastructure.store.event_log import EventLog
from infrastructure.store.observed_commands import ObservedCommands
from projections.catalogue import VIEWS, view_named

MOST_CONNECTIONS = 2  # of operators in one process; further requests wait
STATEMENT_SECONDS = 10
VIEW_NAMES = frozenset(view.name for view in VIEWS)


class OperatorQueries:
    """Implements `application.operations.port.OperatorPort`, with a connection for each call."""

    def __init__(self, url: str, log: EventLog, commands: ObservedCommands) -> None:
        """Retried reactions send their commands to `commands`."""
        self._url = url
        self._log = log
        self._commands = commands
        self._turns = asyncio.Semaphore(MOST_CONNECTIONS)

    async def readers(self) -> Sequence[ReaderState]:
        """Return every reader that ever began, by name."""
        async with self._connection() as connection:
            cursor = await connection.execute(
                "SELECT application_name, notification_id,"
                " (SELECT count(*) FROM dead_events"
                "  WHERE view = application_name AND discarded_at IS NULL)"
                " FROM notification_tracking ORDER BY application_name"
            )
            known = await cursor.fetchall()
            end, lost = await self._log.end(connection), await lost_readers(connection)
            return [
                ReaderState(
                    name=name,
                    kind=_kind(name),
                    position=position,
                    lag_events=lag.events,
                    lag_seconds=lag.seconds,
                    parked=parked,
                    beyond_log=name in lost,
                )
                for name, position, parked in known
                for lag in [await lag_behind(connection, self._log, position, end=end)]
            ]

    async def processes(self) -> Sequence[ProcessState]:
        """Return the names under which processes are connected to this database."""
        async with self._connection() as connection:
            cursor = await connection.execute(
                "SELECT application_name, count(*), min(backend_start) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name LIKE 'annals %'"
                " GROUP BY application_name ORDER BY application_name"
            )
            return [
                ProcessState(name=name, connections=count, connected_since=since)
                for name, count, since in await cursor.fetchall()
            ]

    async def log(self, query: LogQuery) -> LogPage:
        async with self._connection() as connection:
            return await search_log(connection, self._log, query)

    async def parked(self, *, discarded: bool) -> Sequence[ParkedEvent]:
        async with self._connection() as connection:
            return [_parked(each) for each in await dead_events(connection, discarded=discarded)]

    async def retry(self, view: str, position: int) -> str | None:
        async with self._connection() as connection:
            known = await dead_events(connection, view=view, discarded=True)
            event = next((each for each in known if each.position == position), None)
            if event is None:
                return None  # somebody else retried it with success
            if view in VIEW_NAMES:
                try:
                    return await retry(connection, view_named(view), event.stream, self._log)
                except NeedsRebuild as error:
                    raise OperationRefused(str(error)) from error
            if view in REACTION_NAMES:
                members = ListMembers(self._url)
                log = PostgresChangeLog(self._url, self._commands.store)
                known_reactions = {each.name: each for each in reactions(members, log)}
                reactor = Reactor(known_reactions[view], self._commands, self._log)
                return await react_again(connection, reactor, position, self._log)
        raise OperationRefused(f"Parked events of {view} cannot be retried: discard the event.")

    async def discard(self, view: str, position: int) -> bool:
        async with self._connection() as connection:
            return await discard(connection, view, position)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        async with self._turns:
            try:
                async with await connect(self._url, name="annals serve operations") as connection:
                    await connection.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")
                    yield connection
            except psycopg.OperationalError as error:
                raise Unavailable("The database") from error


def _kind(name: str) -> str:
    if name in VIEW_NAMES:
        return "view"
    if name in REACTION_NAMES:
        return "reaction"
    return {"relay": "relay", "enqueue": "queue"}.get(name, "other")


def _parked(event: DeadEvent) -> ParkedEvent:
    return ParkedEvent(
        view=event.view,
        position=event.position,
        stream=event.stream,
        version=event.version,
        type=event.topic,
        error=event.error,
        parked_at=event.at,
        discarded_at=event.discarded_at,
    )
