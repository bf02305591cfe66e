"""The port for the event log: load a stream, append events."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.events.recorded import Recorded


class EventStore(Protocol):
    async def load(self, stream_id: UUID, *, after: int = 0) -> Sequence[Recorded]:
        """Return what happened to one stream beyond version `after`, oldest first.

        Raises:
            Unavailable: the store cannot be reached.
        """
        ...

    async def append(self, events: Sequence[Recorded]) -> Sequence[int]:
        """Record all or nothing; return their log positions, in order.

        Raises:
            Conflict: another command was recorded first at one of these versions.
            Unavailable: the store cannot be reached.
        """
        ...
