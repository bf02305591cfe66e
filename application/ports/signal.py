"""A flag that can be waited for, for what thousands of open streams hold each."""

import asyncio


class Signal:
    """An `asyncio.Event` in a sixth of the memory; who waits for several needs no task for each.

    Use it in the thread of the event loop.
    """

    __slots__ = ("_happening", "_set")

    def __init__(self) -> None:
        self._set = False
        self._happening: asyncio.Future[None] | None = None

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True
        if self._happening is not None and not self._happening.done():
            self._happening.set_result(None)

    def clear(self) -> None:
        if self._set:
            self._set, self._happening = False, None

    def happening(self) -> "asyncio.Future[None]":
        """Return a future, for `asyncio.wait`, that is done when the signal is set; all who wait
        share it, so nobody may cancel it."""
        if self._happening is None:
            self._happening = asyncio.get_running_loop().create_future()
            if self._set:
                self._happening.set_result(None)
        return self._happening

    async def wait(self) -> None:
        """Wait until the signal is set."""
        if not self._set:
            await asyncio.wait((self.happening(),))
