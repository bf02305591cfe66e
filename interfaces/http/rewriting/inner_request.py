"""Requests within a request: the application answers them as it would alone, without network."""

from collections.abc import Sequence
from typing import Any, TypeAlias
from urllib.parse import unquote

from domain.record import Record
from interfaces.http.protocol.request_context import KEY, RequestContext
from interfaces.http.rewriting.aliases import deprecation, own_request

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

# What the server says of the connection; all else belongs to the outer request alone.
_OF_THE_CONNECTION = ("asgi", "http_version", "server", "client", "scheme", "root_path")


class InnerRequest(Record):
    """`url` is a path with an optional query; the names of `headers` are in lower case."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""


class InnerResponse(Record):
    status: int
    headers: Headers
    body: bytes


async def respond_within(
    app: Any, outer: Any, context: RequestContext, request: InnerRequest
) -> InnerResponse:
    """Return the response of `app` to a request within the request of the scope `outer`.

    `context` is that of the inner request: who sends it, and with which parts it is handled.
    """
    before, context.status = context.status, 0
    path, _, query = request.url.partition("?")
    scope: dict[str, Any] = {name: outer[name] for name in _OF_THE_CONNECTION if name in outer}
    scope |= {
        "type": "http",
        "method": request.method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [*request.headers, (b"content-length", b"%d" % len(request.body))],
        KEY: context,
    }
    own = own_request(scope)
    headers, body = [*(() if own is scope else deprecation(own))], b""
    received = False

    async def receive() -> Any:
        nonlocal received
        if received:
            return {"type": "http.disconnect"}
        received = True
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal body
        if message["type"] == "http.response.start":
            context.status = message["status"]
            headers.extend(message["headers"])
        else:
            body += message.get("body", b"")

    try:
        await app(own, receive, send)
    finally:
        status, context.status = context.status, before  # of the outer response, which may follow
    return InnerResponse(status=status or 500, headers=headers, body=body)
