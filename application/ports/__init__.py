"""What the application needs from the outside world."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.events.recorded import Recorded


class Unavailable(Exception):
    """Something we depend on is away; nothing was acknowledged, asking again is safe."""

    def __init__(self, what: str, *, retry_after: int = 1) -> None:
        super().__init__(f"{what} is not available just now.")
        self.retry_after = retry_after


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
