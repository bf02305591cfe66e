"""Pauses in work on the event loop, so that the requests of others go on meanwhile."""

import asyncio

PIECE_BYTES = 64 * 1024  # of JSON that are read or written before others get their turn
ROW_BYTES = 2048  # what a row costs beside its size: 32 small rows are a piece


async def pause() -> None:
    """Let the requests of others go on."""
    await asyncio.sleep(0)


class Pauses:
    """Counts the work of a request, and lets the others go on after each piece of it.

    A piece takes some tenths of a millisecond.
    """

    def __init__(self) -> None:
        self._since = 0

    def due(self, size: int = 0) -> bool:
        """Count a row of `size` bytes, and return whether a piece is complete: then `pause`."""
        self._since += ROW_BYTES + size
        return self._since >= PIECE_BYTES

    async def pause(self) -> None:
        """Let the requests of others go on, and count anew."""
        self._since = 0
        await pause()
