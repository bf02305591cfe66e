"""A response in pieces that holds resources until it ends, however it ends."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from litestar import Response
from litestar.response.base import ASGIResponse

from application.ports.signal import Signal

SEND_TIMEOUT_SECONDS = 90.0  # seconds after which a client that reads nothing is disconnected


class HeldStream(Response[None]):
    """A response of `pieces`. `stay` is closed before the response ends. When one of the signals of
    `endings` is set, the response ends with its piece; for None, it is cut off.

    Litestar's own streams end inside a cancelled scope, where nothing can be awaited, and one
    whose client left before the first byte never ends at all.
    """

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        stay: AsyncExitStack,
        *,
        media_type: str,
        headers: Sequence[tuple[bytes, bytes]] = (),
        endings: Mapping[Signal, bytes | None] | None = None,
    ) -> None:
        super().__init__(None, media_type=media_type)
        self._endings = endings or {}
        self._pieces = pieces
        self._stay = stay
        self._sent_headers = [(b"content-type", media_type.encode()), *headers]

    def to_asgi_response(self, app: Any, request: Any, **_more: Any) -> ASGIResponse:
        return _Sending(self._pieces, self._stay, self._sent_headers, self._endings)


class _Sending(ASGIResponse):
    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        stay: AsyncExitStack,
        sent_headers: Sequence[tuple[bytes, bytes]],
        endings: Mapping[Signal, bytes | None],
    ) -> None:
        super().__init__(status_code=200)
        self._endings = endings
        self._begun = False
        self._pieces = pieces
        self._stay = stay
        self._sent_headers = sent_headers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async with self._stay:
            sending = asyncio.create_task(self._send(send))
            leaving = asyncio.create_task(_left(receive))
            tasks = (sending, leaving)
            endings = [ending.happening() for ending in self._endings]
            try:
                await asyncio.wait((*tasks, *endings), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            last = next((piece for ending, piece in self._endings.items() if ending.is_set()), None)
            if sending.cancelled() and last is not None and self._begun and leaving.cancelled():
                await send({"type": "http.response.body", "body": last})
        # What it held is free before a client has the end, and may ask for the next at once.
        if not sending.cancelled() and sending.exception() is None:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Any) -> None:
        headers = list(self._sent_headers)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        self._begun = True
        async for piece in self._pieces:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _left(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
