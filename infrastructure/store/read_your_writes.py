"""Read your writes: waits until a view shows a given position."""

import asyncio
from contextvars import Context

from infrastructure.postgres.queries import QueryRunner
from infrastructure.store.checkpoints import applied

POLL_SECONDS = 0.015  # however many callers wait


class ViewWaiter:
    """Remembers how far each view was last seen, so that most callers need no query."""

    def __init__(self, queries: QueryRunner) -> None:
        self._queries = queries
        self._seen: dict[str, int] = {}
        self._running: dict[str, asyncio.Task[int]] = {}

    async def until(self, view: str, position: int, *, timeout_seconds: float = 5.0) -> bool:
        """Return whether `view` shows everything up to `position` within `timeout_seconds`."""
        deadline = asyncio.get_running_loop().time() + timeout_seconds
        while self._seen.get(view, 0) < position:
            self._seen[view] = await self._query_position(view)
            if self._seen[view] < position:
                if asyncio.get_running_loop().time() > deadline:
                    return False
                await asyncio.sleep(POLL_SECONDS)
        return True

    async def _query_position(self, view: str) -> int:
        """Share a query among all callers that wait for the view."""
        query = self._running.get(view)
        if query is None:
            # In a context of its own: the query counts for no account, since all share it.
            query = asyncio.create_task(self._queries.run(applied, view), context=Context())
            self._running[view] = query
            query.add_done_callback(lambda _: self._running.pop(view, None))
        return await asyncio.shield(query)
