"""Commits the events of all waiting commands in one transaction."""

import asyncio
import time
from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent

from application.ports.event_store import HistoryChanged
from application.ports.unavailable import StorageFull, Unavailable
from domain.errors import Conflict
from domain.record import Record
from infrastructure.postgres.connections import Connect, DatabaseConnection
from infrastructure.store.append import GAP, VersionTaken, confirm, find, insert
from infrastructure.store.batching import Batcher, Pending
from infrastructure.store.growth_notifier import GrowthNotifier
from infrastructure.telemetry.metrics import (
    APPEND_CONFLICTS,
    APPEND_DURATION,
    APPEND_GROUP_SIZE,
    EVENTS_RECORDED,
)

# Commits whose outcome is unknown wait on connections of their own. While a standby is away, more
# of them would use up the database's connections.
MAX_UNSETTLED = 4
# After a lost race others are likely, with the same process.
CONTENDED_SECONDS = 60.0


class AppendBatch(Record):
    """Events to record all or none, decided on what was loaded in `epoch`; None: on nothing."""

    events: Sequence[StoredEvent]
    epoch: int | None = None

    @property
    def places(self) -> list[tuple[int | str, int]]:
        """The versions, with the numbers of UUIDs: these compute their hashes in Python."""
        return [
            (id_.int if isinstance(id_ := event.originator_id, UUID) else id_, version)
            for event in self.events
            for version in (event.originator_version,)
        ]

    @property
    def versions(self) -> list[tuple[UUID | str, int]]:
        return [(event.originator_id, event.originator_version) for event in self.events]


Append: TypeAlias = Pending[AppendBatch, Sequence[int]]


class GroupCommit:
    """Inserts the events of all waiting appends at once, at most `most` appends in a batch.

    An append whose version another one has taken fails alone; the others commit. When the
    database takes longer than `timeout_seconds`, all waiting appends fail with Unavailable: the
    outcome is unknown, and the commit goes on waiting. To cancel it would end its wait for a
    synchronous standby, and show events that the standby may not have.
    """

    def __init__(self, connect: Connect, *, timeout_seconds: float = 1.5, most: int = 512) -> None:
        self._connect = connect
        self._timeout_seconds = timeout_seconds
        self._connection: DatabaseConnection | None = None
        self._unsettled: set[asyncio.Task[None]] = set()
        self._batcher: Batcher[AppendBatch, Sequence[int]] = Batcher(
            self._commit, most=most, name="append"
        )
        self.notifier = GrowthNotifier(connect)
        self.groups = 0
        self.events = 0
        self.conflicts = 0
        self.failed_at: float | None = None  # monotonic; None: the last append succeeded
        self._contended_until = 0.0  # monotonic

    async def append(
        self, events: Sequence[StoredEvent], *, epoch: int | None = None
    ) -> Sequence[int]:
        """Record all of `events` or none; return their log positions, in order.

        Raises:
            Conflict: another append was recorded first at one of these versions.
            HistoryChanged: `epoch` is over, or an earlier version of a stream is missing.
            Unavailable: the database did not answer in time; nothing was acknowledged.
            StorageFull: its disk is full.
        """
        try:
            positions = await self._batcher.submit(AppendBatch(events=events, epoch=epoch))
        except (Conflict, HistoryChanged):
            raise
        except Exception:
            self.failed_at = time.monotonic()
            raise
        self.failed_at = None
        self.notifier.log_has_grown()
        return positions

    async def close(self) -> None:
        await self.notifier.close()
        for work in self._unsettled:
            work.cancel()  # closes the client side of its connection, and cancels nothing else
        if self._connection is not None:
            await self._connection.close()

    async def _commit(self, group: Sequence[Append]) -> None:
        if len(self._unsettled) >= MAX_UNSETTLED:
            raise Unavailable("The event store")
        began = time.perf_counter()
        APPEND_GROUP_SIZE.observe(len(group))
        work = asyncio.create_task(self._commit_all(self._drop_rivals(group)))
        done, _ = await asyncio.wait({work}, timeout=self._timeout_seconds)
        APPEND_DURATION.observe(time.perf_counter() - began)
        if not done:
            self._unsettled.add(work)
            work.add_done_callback(self._on_settled)
            self._connection = None
            raise Unavailable("The event store")
        try:
            work.result()
        except psycopg.errors.DiskFull as error:
            raise StorageFull from error
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            raise Unavailable("The event store") from error

    def _on_settled(self, work: asyncio.Task[None]) -> None:
        self._unsettled.discard(work)
        if not work.cancelled():
            work.exception()  # nobody waits for it any more

    def _drop_rivals(self, group: Sequence[Append]) -> list[Append]:
        """Keep the first of the appends that want the same version of a stream; fail the others.

        An append that wants the same version twice fails, too: no database would ever take it.
        """
        wanted = [place for append in group for place in append.item.places]
        if len(set(wanted)) == len(wanted):
            return [*group]
        taken: set[tuple[UUID | str, int]] = set()
        first: list[Append] = []
        for append in group:
            own: set[tuple[UUID | str, int]] = set()
            for version in append.item.versions:
                # In order: a command's own stream comes first, and a conflict there is tried again.
                if version in taken or version in own:
                    self._fail(append, version[0])
                    break
                own.add(version)
            else:
                taken |= own
                first.append(append)
        return first

    async def _commit_all(self, group: list[Append]) -> None:
        certain = True
        while group := [append for append in group if not append.settled]:
            try:
                connection = await self._connected()
                if group := _of_epoch(group, connection.epoch):
                    await self._insert(connection, group)
            except VersionTaken:
                self._contended_until = time.monotonic() + CONTENDED_SECONDS
                await self._settle_taken(connection, group, may_be_ours=not certain)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                self._connection = None
                if not certain:
                    raise
                # The commit may have happened although its answer was lost. Trying again is
                # safe: events that are stored already are recognised by their content.
                certain = False
            except psycopg.DatabaseError as error:
                if error.sqlstate != GAP:
                    raise
                await self._settle_gaps(connection, group)

    async def _connected(self) -> DatabaseConnection:
        if self._connection is not None and self._connection.outdated:
            await self._connection.close()
        if self._connection is None or self._connection.closed:
            self._connection = await self._connect()
        return self._connection

    async def _insert(self, connection: DatabaseConnection, group: Sequence[Append]) -> None:
        events = [event for append in group for event in append.item.events]
        contended = time.monotonic() < self._contended_until
        positions = await insert(connection, events, contended=contended)
        connection.watch.saw(positions[-1])
        self.groups += 1
        self.events += len(events)
        EVENTS_RECORDED.inc(len(events))
        start = 0
        for append in group:
            end = start + len(append.item.events)
            append.succeed(positions[start:end])
            start = end

    async def _settle_taken(
        self, connection: DatabaseConnection, group: Sequence[Append], *, may_be_ours: bool
    ) -> None:
        """Settle the appends whose versions are taken; leave those that may still commit."""
        versions = [version for append in group for version in append.item.versions]
        stored = await find(connection, versions)
        recorded: list[tuple[Append, list[int]]] = []
        for append in group:
            found = [stored.get(version) for version in append.item.versions]
            if may_be_ours and all(
                known is not None and known[1] == event.state
                for known, event in zip(found, append.item.events, strict=True)
            ):
                recorded.append((append, [known[0] for known in found if known is not None]))
            elif lost := [v for v, known in zip(append.item.versions, found, strict=True) if known]:
                self._fail(append, lost[0][0])
        if recorded:
            await confirm(connection)
        for append, positions in recorded:
            append.succeed(positions)

    async def _settle_gaps(self, connection: DatabaseConnection, group: Sequence[Append]) -> None:
        """Fail the appends that lack an earlier version of a stream; leave the others."""
        before = [
            (stream, version - 1)
            for append in group
            for stream, version in append.item.versions
            if version > 1
        ]
        there = {*await find(connection, before)}
        there |= {version for append in group for version in append.item.versions}
        for append in group:
            if any(v > 1 and (s, v - 1) not in there for s, v in append.item.versions):
                append.fail(HistoryChanged())

    def _fail(self, append: Append, stream: UUID | str) -> None:
        self.conflicts += 1
        APPEND_CONFLICTS.inc()
        append.fail(Conflict(UUID(str(stream))))


def _of_epoch(group: Sequence[Append], epoch: int) -> list[Append]:
    """Fail the appends that were decided in another epoch than this; return the others."""
    for append in group:
        if append.item.epoch not in {None, epoch}:
            append.fail(HistoryChanged())
    return [append for append in group if not append.settled]
