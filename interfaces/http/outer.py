"""What every request and answer gets, also those Litestar refuses: id, limits, headers, log."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from uuid import UUID, uuid5

import msgspec
from litestar import Litestar
from structlog.contextvars import bind_contextvars

from interfaces.http.access_log import AccessLog
from interfaces.http.identity import new_id
from interfaces.http.problems import KINDS, MEDIA_TYPE, Problem
from interfaces.http.request import LARGEST_BODY

LONGEST_TARGET = 8 * 1024
LARGEST_HEADERS = 32 * 1024

REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}\Z")
CORRELATION = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b03")

# An API answers with data: nothing in it may be run, framed, guessed at or kept by others.
SECURITY = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"cache-control", b"no-store"),
]
NAMES = frozenset(name for name, _ in SECURITY)

Send: TypeAlias = Callable[[Any], Awaitable[None]]


class Outer:
    """Wraps the application. Litestar's own middleware would not see a 404 or a 405."""

    def __init__(self, app: Litestar, access_log: AccessLog) -> None:
        self.app = app
        self._access_log = access_log

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        given, length, size = None, 0, 0
        for name, value in scope["headers"]:
            size += len(name) + len(value)
            if name == b"x-request-id":
                given = value
            elif name == b"content-length":
                length = int(value)
        request_id = given.decode() if given and REQUEST_ID.match(given) else str(new_id())
        scope["request_id"] = request_id
        scope["correlation_id"] = _correlation(request_id)
        bind_contextvars(request_id=request_id)
        status = 0

        async def send_with_headers(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message["headers"])
                own = {name for name, _ in headers} & NAMES
                headers.extend(SECURITY if not own else [h for h in SECURITY if h[0] not in own])
                headers.append((b"x-request-id", request_id.encode()))
                message["headers"] = headers
            await send(message)

        try:
            if kind := _beyond_limits(scope, length, size):
                await _refuse(scope, send_with_headers, kind)
            else:
                await self.app(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - began
            self._access_log(request_id, scope["method"], scope["path"], status, seconds)


def _correlation(request_id: str) -> UUID:
    try:
        return UUID(request_id)
    except ValueError:
        return uuid5(CORRELATION, request_id)


def _beyond_limits(scope: Mapping[str, Any], length: int, size: int) -> str | None:
    if length > LARGEST_BODY:
        return "too-large"
    if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_TARGET:
        return "uri-too-long"
    if size > LARGEST_HEADERS:
        return "headers-too-large"
    return None


async def _refuse(scope: Mapping[str, Any], send: Send, name: str) -> None:
    kind = KINDS[name]
    body = msgspec.json.encode(
        Problem(
            type=f"/problems/{kind.name}",
            title=kind.title,
            status=kind.status,
            detail=kind.advice,
            instance=scope["path"][:256],
            request_id=scope["request_id"],
        )
    )
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        # The rest of the body is not read, so nothing can follow it on this connection.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": kind.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
