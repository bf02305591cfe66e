"""The JSON responses of commands and of pages, as cheap as possible for everybody."""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send
from msgspec.structs import replace

from projections.pauses import Pauses

Content = TypeVar("Content")
encode = msgspec.json.Encoder().encode
JSON = (b"content-type", b"application/json")


class Answer(Response[Content]):
    """JSON with headers that are bytes already. Litestar's own response does four times the
    work: 20 µs of the 90 µs that a command takes.
    """

    def __init__(
        self, content: Content, *, status: int = 200, headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        self._body = encode(content)
        self._status = status
        self._headers = headers

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        return self

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await _send(self._body, self._status, self._headers, send)


class Returned(Response[Content]):
    """What a handler returns that makes no response of its own. A page of `items` may have a
    megabyte: it is encoded item by item, with pauses for the requests of others."""

    def to_asgi_response(self, app: Any, request: Any, **more: Any) -> Any:
        if isinstance(self.content, msgspec.Struct) and "items" in self.content.__struct_fields__:
            return _Page(self.content, self.status_code or 200)
        return super().to_asgi_response(app, request, **more)


class _Page(ASGIResponse):
    def __init__(self, page: msgspec.Struct, status: int) -> None:
        super().__init__(status_code=status)
        self._page = page

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await _send(await _encoded(self._page), self.status_code, (), send)


async def _encoded(page: Any) -> bytes:
    pauses, lines = Pauses(), list[bytes]()
    for item in page.items:
        lines.append(encode(item))
        if pauses.due(len(lines[-1])):
            await pauses.pause()
    return encode(replace(page, items=msgspec.Raw(b"[%b]" % b",".join(lines))))


async def _send(
    body: bytes, status: int, headers: Sequence[tuple[bytes, bytes]], send: Send
) -> None:
    sent = [JSON, (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body, "more_body": False})
