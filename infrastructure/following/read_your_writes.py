"""Read your writes: waits until a view shows a given position."""

import asyncio
from contextvars import Context

from application.ports.queries import PositionLost
from infrastructure.following.checkpoints import applied
from infrastructure.postgres.queries import QueryRunner
from infrastructure.store.event_log import is_lost, last_committed

POLL_SECONDS = 0.015  # however many callers wait


class PostgresViewWaiter:
    """Remembers how far each view was last seen, so that most callers need no query."""

    def __init__(self, queries: QueryRunner) -> None:
        self._queries = queries
        self._seen: dict[str, int] = {}
        self._epoch = queries.epoch
        self._running: dict[str, asyncio.Task[int]] = {}

    async def until(self, view: str, position: int, *, timeout_seconds: float = 5.0) -> bool:
        """Return whether `view` shows everything up to `position` within `timeout_seconds`.

        A position of an earlier history of the database may be lost, whatever the view shows.

        What was seen before a crash of the database may be undone, so queries of this task fail
        if they would run after another one.

        Raises:
            PositionLost: no event has the position any more.
            Unavailable: the database cannot be reached.
        """
        deadline = asyncio.get_running_loop().time() + timeout_seconds
        may_be_lost = True
        if position <= self._queries.history_start:
            may_be_lost = await self._refuse_lost(position)
        while self._position(view) < position:
            epoch, found = self._epoch, await self._query_position(view)
            if epoch == self._queries.epoch:
                self._seen[view] = found
            if self._position(view) < position:
                may_be_lost = may_be_lost and await self._refuse_lost(position)
                if asyncio.get_running_loop().time() > deadline:
                    return False
                await asyncio.sleep(POLL_SECONDS)
        self._queries.rely_on(self._epoch)
        return True

    async def until_now(self, view: str) -> int | None:
        """Return the position of the last event that is committed by now, once `view` shows it;
        None: it does not within a few seconds.

        Raises:
            Unavailable: the database cannot be reached.
        """
        position = await self._queries.run(last_committed)
        return position if await self.until(view, position) else None

    async def _refuse_lost(self, position: int) -> bool:
        """Return False: the position is there, or will be."""
        if position and await self._queries.run(is_lost, position):
            raise PositionLost(position)
        return False

    def _position(self, view: str) -> int:
        if self._epoch != self._queries.epoch:
            self._seen, self._epoch = {}, self._queries.epoch
        return self._seen.get(view, 0)

    async def _query_position(self, view: str) -> int:
        """Share a query among all callers that wait for the view."""
        query = self._running.get(view)
        if query is None:
            # In a context of its own: the query counts for no account, since all share it.
            query = asyncio.create_task(self._queries.run(applied, view), context=Context())
            self._running[view] = query
            query.add_done_callback(lambda _: self._running.pop(view, None))
        return await asyncio.shield(query)
