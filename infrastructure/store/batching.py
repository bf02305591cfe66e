"""Batches calls: while one batch is worked on, the next one gathers."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from infrastructure.telemetry import tracing

# Rounds of the loop without a new item after which a batch begins. A request that has arrived
# becomes an item within two.
QUIET_ROUNDS = 2

Item = TypeVar("Item")
Result = TypeVar("Result")


class Pending(Generic[Item, Result]):
    """One item and the promise of its result."""

    __slots__ = ("future", "item", "traceparent")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.traceparent = tracing.current_traceparent() if tracing.on() else None
        self.future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

    @property
    def settled(self) -> bool:
        """True once there is a result, or nobody waits for it any more."""
        return self.future.done()

    def succeed(self, result: Result) -> None:
        if not self.future.done():
            self.future.set_result(result)

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class Batcher(Generic[Item, Result]):
    """Hands the waiting items to `work`, at most `most` at a time, one batch after another.

    `work` settles every item of its batch. When it raises, the items it left open fail with that
    error, and so do all that have gathered behind them: callers learn of it soon, and later
    calls are tried afresh.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Pending[Item, Result]]], Awaitable[None]],
        *,
        most: int,
        name: str = "batch",
    ) -> None:
        self._work = work
        self._name = name
        self._most = most
        self._waiting: deque[Pending[Item, Result]] = deque()
        self._task: asyncio.Task[None] | None = None

    def submit(self, item: Item) -> asyncio.Future[Result]:
        """Return the future of the result."""
        pending: Pending[Item, Result] = Pending(item)
        self._waiting.append(pending)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return pending.future

    async def _gather(self) -> None:
        """Let the loop go on while that brings items: requests that are here already get into the
        batch, and nobody waits for others that may come."""
        rounds, known = 0, 0
        while rounds < QUIET_ROUNDS and len(self._waiting) < self._most:
            rounds = rounds + 1 if len(self._waiting) == known else 0
            known = len(self._waiting)
            await asyncio.sleep(0)

    async def _run(self) -> None:
        while self._waiting:
            await self._gather()
            first = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            batch = [pending for pending in first if not pending.future.done()]
            if not batch:
                continue
            try:
                await self._traced(batch)
            except Exception as error:
                batch.extend(self._waiting)
                self._waiting.clear()
                for pending in batch:
                    pending.fail(error)
        self._task = None

    async def _traced(self, batch: Sequence[Pending[Item, Result]]) -> None:
        if not tracing.on():
            return await self._work(batch)
        # Work done for many callers: a span in the trace of the first, linked to the others.
        first, *others = (pending.traceparent for pending in batch)
        with tracing.span(self._name, parent=first, links=others, size=len(batch)):
            return await self._work(batch)
