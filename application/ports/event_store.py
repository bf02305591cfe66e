"""The ports for the event log: load a stream, append events."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.events.recorded import Recorded

LAST_VERSION = 2**63 - 1


class HistoryChanged(Exception):
    """The database has another history than the one an append was decided on.

    After a failover or a restore, streams that were loaded before may be shorter, or others.
    """


class StreamReader(Protocol):
    async def load(
        self, stream_id: UUID, *, after: int = 0, until: int = LAST_VERSION
    ) -> Sequence[Recorded]:
        """Return what happened to one stream beyond version `after` up to `until`, oldest first.

        Raises:
            Unavailable: the store cannot be reached.
            UnreadableEvent: this release cannot read one of these events.
        """
        ...


class EventStore(StreamReader, Protocol):
    @property
    def epoch(self) -> int:
        """Changes when the database's history does: what was loaded before may be gone."""
        ...

    async def append(
        self, events: Sequence[Recorded], *, epoch: int | None = None
    ) -> Sequence[int]:
        """Record all or nothing; return their log positions, in order.

        `epoch` is the one in which the streams were loaded that the events were decided on.

        Raises:
            Conflict: another command was recorded first at one of these versions.
            HistoryChanged: the epoch is over, or an earlier version of a stream is missing.
            Unavailable: the store cannot be reached.
        """
        ...

    async def confirm(self) -> None:
        """Return once all that can be loaded now is as durable as an append is.

        A primary that crashed while commits waited for a standby shows them without the standby.

        Raises:
            Unavailable: the store cannot be reached, or its standby does not answer.
        """
        ...
