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
        assert time.monotonic() - start < within, f"not within {within} s"
        await asyncio.sleep(0.01)
    return time.monotonic() - start


def wait_until(
    condition: Callable[[], object], explain: Callable[[], str] = str, *, within: float = 30
) -> None:
    """Wait for the condition to hold, and block the thread meanwhile.

    Raises:
        AssertionError: it did not hold within so many seconds; `explain` gives the message.
    """
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.01)
