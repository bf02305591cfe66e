"""While one batch is under way, the next one gathers."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from infrastructure.telemetry import tracing

Item = TypeVar("Item")
Result = TypeVar("Result")


class Pending(Generic[Item, Result]):
    """One item and the promise of its result."""

    __slots__ = ("_future", "item", "traceparent")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.traceparent = tracing.current_traceparent()
        self._future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

    @property
    def settled(self) -> bool:
        """True once there is an answer, or nobody waits for one any more."""
        return self._future.done()

    def succeed(self, result: Result) -> None:
        if not self._future.done():
            self._future.set_result(result)

    def fail(self, error: Exception) -> None:
        if not self._future.done():
            self._future.set_exception(error)

    async def result(self) -> Result:
        return await self._future


class Batcher(Generic[Item, Result]):
    """Hands whatever is waiting to `work`, at most `most` items a time, one batch after another.

    `work` settles every item it is given; what it leaves open because it raised fails with
    that error, together with all that gathered behind it: who waits is told soon, and what
    comes later tries afresh.
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

    async def ask(self, item: Item) -> Result:
        pending: Pending[Item, Result] = Pending(item)
        self._waiting.append(pending)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await pending.result()

    async def _run(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            batch = [pending for pending in batch if not pending.settled]
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
        # One thing done for many: part of the first one's trace, and known to the others.
        first, *others = (pending.traceparent for pending in batch)
        with tracing.span(self._name, parent=first, links=others, size=len(batch)):
            return await self._work(batch)
