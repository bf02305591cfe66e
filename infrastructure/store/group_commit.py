"""Commits the events of all waiting commands in one transaction."""

import asyncio
import time
from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent
from psycopg import AsyncConnection

from application.ports import Unavailable
from domain.errors import Conflict
from infrastructure.postgres.connections import Connect
from infrastructure.store.batching import Batcher, Pending
from infrastructure.store.growth_notifier import GrowthNotifier
from infrastructure.telemetry.metrics import (
    APPEND_CONFLICTS,
    APPEND_DURATION,
    APPEND_GROUP_SIZE,
    EVENTS_RECORDED,
)

Append: TypeAlias = Pending[Sequence[StoredEvent], Sequence[int]]

# One statement is one transaction and one round trip. `unnest` keeps the order of the
# arrays, and the ids are drawn in that order.
INSERT = """
INSERT INTO stored_events (originator_id, originator_version, topic, state)
SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[])
RETURNING notification_id
"""
FIND = """
SELECT found.*
FROM unnest(%b::uuid[], %b::bigint[]) AS wanted (originator_id, originator_version)
CROSS JOIN LATERAL (
    SELECT e.originator_id, e.originator_version, e.notification_id, e.state
    FROM stored_events e
    WHERE e.originator_id = wanted.originator_id
        AND e.originator_version = wanted.originator_version
    OFFSET 0
) AS found
"""


class GroupCommit:
    """Inserts the events of all waiting appends at once, at most `most` appends in a batch.

    An append whose version another one has taken fails alone; the others commit. When the
    database takes longer than `timeout_seconds`, all waiting appends fail with Unavailable.
    """

    def __init__(self, connect: Connect, *, timeout_seconds: float = 1.5, most: int = 512) -> None:
        self._connect = connect
        self._timeout_seconds = timeout_seconds
        self._connection: AsyncConnection | None = None
        self._batcher: Batcher[Sequence[StoredEvent], Sequence[int]] = Batcher(
            self._commit, most=most, name="append"
        )
        self.notifier = GrowthNotifier(connect)
        self.groups = 0
        self.events = 0
        self.conflicts = 0

    async def append(self, events: Sequence[StoredEvent]) -> Sequence[int]:
        """Record all of `events` or none; return their log positions, in order.

        Raises:
            Conflict: another append was recorded first at one of these versions.
            Unavailable: the database did not answer in time; nothing was acknowledged.
        """
        positions = await self._batcher.submit(events)
        self.notifier.log_has_grown()
        return positions

    async def close(self) -> None:
        await self.notifier.close()
        if self._connection is not None:
            await self._connection.close()

    async def _commit(self, group: Sequence[Append]) -> None:
        began = time.perf_counter()
        APPEND_GROUP_SIZE.observe(len(group))
        work = asyncio.create_task(self._commit_all(self._drop_rivals(group)))
        done, _ = await asyncio.wait({work}, timeout=self._timeout_seconds)
        APPEND_DURATION.observe(time.perf_counter() - began)
        if not done:
            # Not awaited: to cancel a query, psycopg contacts the server, which is silent.
            work.cancel()
            self._connection = None
            raise Unavailable("The event store")
        try:
            work.result()
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            raise Unavailable("The event store") from error

    def _drop_rivals(self, group: Sequence[Append]) -> list[Append]:
        """Keep the first of the appends that want the same version of a stream; fail the others.

        An append that wants the same version twice fails, too: no database would ever take it.
        """
        taken: set[tuple[UUID | str, int]] = set()
        first: list[Append] = []
        for append in group:
            own: set[tuple[UUID | str, int]] = set()
            for event in append.item:
                wanted = (event.originator_id, event.originator_version)
                # In order: a command's own stream comes first, and a conflict there is tried again.
                if wanted in taken or wanted in own:
                    self._fail(append, event.originator_id)
                    break
                own.add(wanted)
            else:
                taken |= own
                first.append(append)
        return first

    async def _commit_all(self, group: list[Append]) -> None:
        certain = True
        while group:
            try:
                connection = await self._connected()
                await self._insert(connection, group)
            except psycopg.errors.UniqueViolation:
                group = await self._settle_taken(connection, group, may_be_ours=not certain)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                self._connection = None
                if not certain:
                    raise
                # The commit may have happened although its answer was lost. Trying again is
                # safe: events that are stored already are recognised by their content.
                certain = False
            else:
                return

    async def _connected(self) -> AsyncConnection:
        if self._connection is None or self._connection.closed:
            self._connection = await self._connect()
        return self._connection

    async def _insert(self, connection: AsyncConnection, group: Sequence[Append]) -> None:
        events = [event for append in group for event in append.item]
        cursor = await connection.execute(
            INSERT,
            (
                [event.originator_id for event in events],
                [event.originator_version for event in events],
                [event.topic for event in events],
                [event.state for event in events],
            ),
            prepare=True,
        )
        positions = [row[0] for row in await cursor.fetchall()]
        self.groups += 1
        self.events += len(events)
        EVENTS_RECORDED.inc(len(events))
        start = 0
        for append in group:
            end = start + len(append.item)
            append.succeed(positions[start:end])
            start = end

    async def _settle_taken(
        self, connection: AsyncConnection, group: Sequence[Append], *, may_be_ours: bool
    ) -> list[Append]:
        """Settle the appends whose versions are taken; return those that may still commit."""
        events = [event for append in group for event in append.item]
        cursor = await connection.execute(
            FIND,
            (
                [event.originator_id for event in events],
                [event.originator_version for event in events],
            ),
            prepare=True,
        )
        stored = {
            (stream, version): (position, bytes(state))
            for stream, version, position, state in await cursor.fetchall()
        }
        rest = []
        for append in group:
            found = [stored.get((e.originator_id, e.originator_version)) for e in append.item]
            if not any(found):
                rest.append(append)
            elif may_be_ours and all(
                known is not None and known[1] == event.state
                for known, event in zip(found, append.item, strict=True)
            ):
                append.succeed([known[0] for known in found if known is not None])
            else:
                lost = next(
                    e for e, known in zip(append.item, found, strict=True) if known is not None
                )
                self._fail(append, lost.originator_id)
        return rest

    def _fail(self, append: Append, stream: UUID | str) -> None:
        self.conflicts += 1
        APPEND_CONFLICTS.inc()
        append.fail(Conflict(UUID(str(stream))))
