"""Waits until a view has come as far as somebody wants to read."""

import asyncio

from infrastructure.postgres.queries import QueryRunner
from infrastructure.store.checkpoints import applied

POLL_SECONDS = 0.015  # seconds between looks, however many wait


class ViewWaiter:
    """Remembers how far each view was seen, so that most need not ask at all."""

    def __init__(self, questions: QueryRunner) -> None:
        self._questions = questions
        self._seen: dict[str, int] = {}
        self._looking: dict[str, asyncio.Task[int]] = {}

    async def until(self, view: str, position: int, *, timeout_seconds: float = 5.0) -> bool:
        """Return whether `view` shows everything up to `position` within `timeout_seconds`."""
        deadline = asyncio.get_running_loop().time() + timeout_seconds
        while self._seen.get(view, 0) < position:
            self._seen[view] = await self._look(view)
            if self._seen[view] < position:
                if asyncio.get_running_loop().time() > deadline:
                    return False
                await asyncio.sleep(POLL_SECONDS)
        return True

    async def _look(self, view: str) -> int:
        """Look once for all who wait at the same time."""
        looking = self._looking.get(view)
        if looking is None:
            looking = asyncio.create_task(self._questions.run(applied, view))
            self._looking[view] = looking
            looking.add_done_callback(lambda _: self._looking.pop(view, None))
        return await asyncio.shield(looking)
