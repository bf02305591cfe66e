"""Port for quotas: what an account may have, and record in a day."""

from collections.abc import Sequence
from typing import Protocol

from domain.events.recorded import Recorded


class Quotas(Protocol):
    async def admit(self, actor: str, batch: Sequence[Recorded]) -> None:
        """Count the events that a request of an account is about to record.

        Raises:
            QuotaExceeded: the account may not record them.
        """
        ...
