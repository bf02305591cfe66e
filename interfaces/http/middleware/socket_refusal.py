"""The refusal of a WebSocket handshake: a problem document, as for any other request."""

from collections.abc import Mapping
from typing import Any

from interfaces.http.problems.documents import MEDIA_TYPE, problem_document
from interfaces.http.problems.problem_types import PROBLEM_TYPES, ProblemType
from interfaces.http.protocol.request_context import context_of

# A close code of ours is this number and an HTTP status.
CLOSE_CODES = 4000


async def refuse_handshake(
    scope: Any, send: Any, kind: ProblemType, detail: str, headers: Mapping[str, str]
) -> None:
    """Answer a handshake with a problem, if the server can; else close with its code."""
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.accept"})
        code = CLOSE_CODES + kind.status
        await send({"type": "websocket.close", "code": code, "reason": detail[:120]})
        return
    body = problem_document(
        kind,
        detail=detail,
        instance=scope["path"],
        request_id=context_of(scope).request_id,
    )
    sent = [(b"content-type", MEDIA_TYPE.encode())]
    sent += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    kinds = ("websocket.http.response.start", "websocket.http.response.body")
    await send({"type": kinds[0], "status": kind.status, "headers": sent})
    await send({"type": kinds[1], "body": body, "more_body": False})


def refusing_in_words(scope: Any, send: Any) -> Any:
    """Return a `send` that turns a close before the accept, an empty 403, into a problem."""
    accepted = False

    async def send_in_words(message: Any) -> None:
        nonlocal accepted
        accepted = accepted or message["type"] != "websocket.close"
        if accepted:
            await send(message)
            return
        if "route_handler" not in scope:
            kind, detail = PROBLEM_TYPES["not-found"], f"No socket has the path {scope['path']}."
        else:
            kind = PROBLEM_TYPES["internal"]
            detail = kind.advice
        await refuse_handshake(scope, send, kind, detail, {})

    return send_in_words
