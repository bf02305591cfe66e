"""Waiting for a condition to hold, in a coroutine or outside of any."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], Awaitable[bool]], *, within: float = 30.0) -> float:
    """Wait for the condition to hold; return how many seconds it took.

    Raises:
        AssertionError: it did not hold within so many seconds.
    """
    start = time.monotonic()
    while not await condition():
        waited = time.monotonic() - start
        assert waited < within, f"not within {within} s"
        await asyncio.sleep(_pause(waited))
    return time.monotonic() - start


def wait_until(
    condition: Callable[[], object], explain: Callable[[], str] = str, *, within: float = 30
) -> None:
    """Wait for the condition to hold, and block the thread meanwhile.

    Raises:
        AssertionError: it did not hold within so many seconds; `explain` gives the message.
    """
    start = time.monotonic()
    while not condition():
        waited = time.monotonic() - start
        assert waited < within, explain()
        time.sleep(_pause(waited))


def _pause(waited: float) -> float:
    """Return for how many seconds not to look: what comes late is not looked for so often."""
    return min(0.1, 0.01 + waited / 20)
