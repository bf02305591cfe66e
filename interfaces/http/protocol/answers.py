"""The JSON response of commands, as cheap as possible."""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from litestar import Response
from litestar.types import Receive, Scope, Send

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
        headers = [
            JSON,
            (b"content-length", b"%d" % len(self._body)),
            *self._headers,
        ]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})
