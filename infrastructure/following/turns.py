"""Turns of the readers of a process: views that people wait for go before those that can wait."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress

from domain.record import Record

# After a batch that shows load, before the next one: batches grow instead of becoming more. A
# longer pause saves more than it delays.
BUSY_PAUSE_SECONDS, PATIENT_PAUSE_SECONDS = 0.05, 0.25
MAX_WAIT_SECONDS = 0.25  # of a reader that can wait, for those that go before it


class Turn(Record):
    """How a reader takes its batches: within `batch`, and under load with a pause between two."""

    batch: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    busy_pause_seconds: float = BUSY_PAUSE_SECONDS


AT_ONCE = Turn()


class ReaderTurns:
    """The turns of the readers of an event loop."""

    def __init__(self, *, max_wait_seconds: float | None = MAX_WAIT_SECONDS) -> None:
        self._max_wait_seconds = max_wait_seconds
        self._at_work = 0
        self._rest = asyncio.Event()
        self._rest.set()
        self.first = Turn(batch=self._first)
        self.later = Turn(batch=self._later, busy_pause_seconds=PATIENT_PAUSE_SECONDS)

    @asynccontextmanager
    async def _first(self) -> AsyncIterator[None]:
        self._at_work += 1
        self._rest.clear()
        try:
            yield
        finally:
            self._at_work -= 1
            if not self._at_work:
                self._rest.set()

    @asynccontextmanager
    async def _later(self) -> AsyncIterator[None]:
        """Wait until no reader of the first turn is at work, but not for ever."""
        if self._at_work:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._max_wait_seconds):
                    await self._rest.wait()
        yield
