"""The JSON responses of commands and of pages, as cheap as possible for everybody."""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from litestar import Response
from litestar.types import Receive, Scope, Send
from msgspec.structs import replace

from projections.pauses import PIECE_BYTES, pause

Content = TypeVar("Content")
encode = msgspec.json.Encoder().encode
JSON = (b"content-type", b"application/json")
MAX_GROWTH = 32  # times as many rows of a page are encoded at once as before


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
    """What a handler returns that makes no response of its own."""

    def to_asgi_response(self, app: Any, request: Any, **more: Any) -> Any:
        if is_page(self.content):
            return PageAnswer(self.content, status=self.status_code or 200)
        return super().to_asgi_response(app, request, **more)


class PageAnswer(Answer[Content]):
    """A page of `items`. It may have a megabyte, which is encoded with pauses for the requests of
    others."""

    def __init__(self, page: Content, *, status: int = 200) -> None:
        self._page = page
        self._status = status

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await _send(await _encoded(self._page), self._status, (), send)


def is_page(content: Any) -> bool:
    """Whether this is a page of `items`."""
    return isinstance(content, msgspec.Struct) and "items" in content.__struct_fields__


async def _encoded(page: Any) -> bytes:
    """Return the JSON of a page. Its rows are encoded many at once as long as they are short."""
    items, pieces, since = page.items, list[bytes](), 0
    start, many = 0, 1
    while start < len(items):
        if since >= PIECE_BYTES:
            since = 0
            await pause()
        piece = encode(items[start : start + many])
        pieces.append(piece[1:-1])
        since += len(piece)
        start += many
        # As many as make a piece if they are like the last ones, in steps: they may be longer.
        many = max(1, min(many * PIECE_BYTES // len(piece), many * MAX_GROWTH))
    return encode(replace(page, items=msgspec.Raw(b"[%b]" % b",".join(pieces))))


async def _send(
    body: bytes, status: int, headers: Sequence[tuple[bytes, bytes]], send: Send
) -> None:
    sent = [JSON, (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body, "more_body": False})
