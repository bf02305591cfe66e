"""The port for operators: what the database says of the log and of its readers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.record import Record


class LogQuery(Record):
    """Which events of the log to find; None: any. With `after`, those beyond this position, oldest
    first; without, the newest first, those before the position `before`."""

    type: str | None = None
    stream: UUID | None = None
    actor: str | None = None
    correlation_id: UUID | None = None
    after: int | None = None
    before: int | None = None
    limit: int = 50


class LogEntry(Record):
    """An event without its data. `error`: this release cannot read it, so that only its place in
    the log is known."""

    position: int
    type: str
    stream: UUID
    version: int
    recorded_at: datetime | None
    actor: str | None
    correlation_id: UUID | None
    causation_id: UUID | None
    error: str | None = None


class LogPage(Record):
    """`position` is where to go on: as `after` of an ascending page, as `before` of another; None:
    there is no earlier event."""

    items: Sequence[LogEntry]
    position: int | None


class ReaderState(Record):
    """A reader of the log: a view, a reaction, the relay or the queue. `lag_events` counts the
    positions it has not read, `lag_seconds` is the age of the oldest. `beyond_log`: it has read
    events that the log no longer has."""

    name: str
    kind: str
    position: int
    lag_events: int
    lag_seconds: float
    parked: int
    beyond_log: bool


class ProcessState(Record):
    """The connections of the processes of one name, such as `annals project`."""

    name: str
    connections: int
    connected_since: datetime


class ParkedEvent(Record):
    """An event that a reader failed to process and skipped."""

    view: str
    position: int
    stream: UUID
    version: int
    type: str
    error: str
    parked_at: datetime
    discarded_at: datetime | None


class OperatorPort(Protocol):
    """Every method raises Unavailable if the database cannot be reached in time."""

    async def readers(self) -> Sequence[ReaderState]: ...

    async def processes(self) -> Sequence[ProcessState]: ...

    async def log(self, query: LogQuery) -> LogPage: ...

    async def parked(self, *, discarded: bool) -> Sequence[ParkedEvent]: ...

    async def retry(self, view: str, position: int) -> str | None:
        """Retry a parked event; return None, or the error that remains.

        Raises:
            OperationRefused: this view or reader cannot retry events.
        """
        ...

    async def discard(self, view: str, position: int) -> bool:
        """Stop counting a parked event; return False if there is none."""
        ...
