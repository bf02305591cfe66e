"""A response that lasts as long as its client listens: Server-Sent Events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from litestar import Response
from litestar.response.base import ASGIResponse

SEND_TIMEOUT_SECONDS = 90.0  # seconds after which a client that reads nothing is disconnected


class EventStream(Response[None]):
    """Server-Sent Events. `stay` is closed when the response ends, however it ends.

    Litestar's own streams end inside a cancelled scope, where nothing can be awaited, and one
    whose client left before the first byte never ends at all.
    """

    def __init__(self, frames: AsyncIterator[bytes], stay: AsyncExitStack) -> None:
        super().__init__(None, media_type="text/event-stream")
        self._frames = frames
        self._stay = stay

    def to_asgi_response(self, app: Any, request: Any, **_more: Any) -> ASGIResponse:
        return _Sending(self._frames, self._stay)


class _Sending(ASGIResponse):
    def __init__(self, frames: AsyncIterator[bytes], stay: AsyncExitStack) -> None:
        super().__init__(status_code=200)
        self._frames = frames
        self._stay = stay

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async with self._stay:
            sending = asyncio.create_task(self._send(send))
            leaving = asyncio.create_task(_left(receive))
            try:
                await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                sending.cancel()
                leaving.cancel()
                await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send(self, send: Any) -> None:
        headers = [
            (b"content-type", b"text/event-stream"),
            # Proxies that buffer responses would hold back every event.
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async for frame in self._frames:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                await send({"type": "http.response.body", "body": frame, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
