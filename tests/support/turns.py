"""Counts the turns that others get on the event loop while a piece of work goes on."""

import asyncio
from collections import Counter
from types import TracebackType


class Ticker:
    """Takes every turn it gets while the block runs."""

    def __init__(self) -> None:
        self._turns = 0
        self._noted: Counter[int] = Counter()

    def note(self) -> None:
        """Note that a part of the work is done now."""
        self._noted[self._turns] += 1

    def most_between_turns(self) -> int:
        """Return the most parts that were done without a turn of the others."""
        return max(self._noted.values())

    async def __aenter__(self) -> "Ticker":
        self._task = asyncio.create_task(self._tick())
        await asyncio.sleep(0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._task.cancel()

    async def _tick(self) -> None:
        while True:
            self._turns += 1
            await asyncio.sleep(0)
