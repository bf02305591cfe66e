"""What every request and answer gets, also those Litestar refuses: id, limits, headers, log."""

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID, uuid5

import msgspec
import structlog
from litestar import Litestar
from structlog.contextvars import bind_contextvars

from infrastructure.bootstrap import (
    HTTP_IN_PROGRESS,
    BadToken,
    LimitResult,
    Service,
    Settings,
    server_span,
    trace_id,
    valid_traceparent,
)
from interfaces.http.middleware.access_log import AccessLog
from interfaces.http.middleware.address import client_address, is_unknown_proxy
from interfaces.http.middleware.http_metrics import count, route
from interfaces.http.protocol.headers import ANSWER_HEADERS
from interfaces.http.protocol.problems import MEDIA_TYPE, PROBLEM_TYPES, Problem
from interfaces.http.protocol.rate_limit_headers import rate_limit_headers
from interfaces.http.protocol.request import MAX_BODY_BYTES
from interfaces.http.protocol.uuid7 import uuid7

log = structlog.get_logger()

MAX_TARGET_BYTES = 8 * 1024
MAX_HEADERS_BYTES = 32 * 1024

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

# What of a request's headers is looked at here.
READ = frozenset(
    (
        b"x-request-id",
        b"content-length",
        b"authorization",
        b"x-forwarded-for",
        b"traceparent",
        b"origin",
    )
)
EXPOSED = ", ".join(ANSWER_HEADERS).encode()
PROBES = "/health"  # whoever asks whether we are well is never asked to wait

Send: TypeAlias = Callable[[Any], Awaitable[None]]
Headers: TypeAlias = Sequence[tuple[bytes, bytes]]


class EdgeMiddleware:
    """Wraps the application. Litestar's own middleware would not see a 404 or a 405.

    `service` is there once the application has started.
    """

    def __init__(self, app: Litestar, access_log: AccessLog, settings: Settings) -> None:
        self.app = app
        self.service: Service | None = None
        # How many are connected: known to the server that this runs in.
        self.connected: Callable[[], int] = int
        self._most_connected = settings.connections
        self._access_log = access_log
        self._trusted = settings.trusted_proxies
        self._proxy_missed = False
        self._origins = {origin.encode() for origin in settings.cors_origins}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        read, size = _read(scope["headers"])
        request_id = _request_id(read)
        scope["request_id"] = request_id
        scope["correlation_id"] = correlation = _correlation(request_id)
        scope["traceparent"] = traceparent = valid_traceparent(_text(read, b"traceparent"))
        bind_contextvars(request_id=request_id, correlation_id=correlation)
        with server_span(scope.get("method", "WS"), traceparent) as span:
            scope["traceparent"] = span.traceparent
            if span.traceparent:
                bind_contextvars(trace_id=trace_id(span.traceparent))
            if scope["type"] == "websocket":
                await self._check_limits(scope, read)
                scope["full"] = self._full(scope)
                await self.app(scope, receive, send)
                span.rename(f"WS {route(scope)}")
            else:
                status = await self._answer(scope, receive, send, read, size)
                span.rename(f"{scope['method']} {route(scope)}")
                span.set_attributes(http__route=route(scope), http__response__status_code=status)

    async def _answer(
        self, scope: Any, receive: Any, send: Any, read: Mapping[bytes, list[bytes]], size: int
    ) -> int:
        """Answer a request, whatever comes of it; return the status, 0 when there was none."""
        began = time.perf_counter()
        status = 0

        async def send_with_headers(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_ours(message["headers"], scope)
            await send(message)

        HTTP_IN_PROGRESS.inc()
        try:
            if kind := _beyond_limits(scope, read, size):
                await _refuse(scope, send_with_headers, kind, self._readable(read))
            elif self._full(scope):
                await _refuse(scope, send_with_headers, "unavailable", self._readable(read))
            elif await self._check_limits(scope, read):
                await self.app(scope, receive, send_with_headers)
            else:
                await _refuse(scope, send_with_headers, "too-many-requests", self._readable(read))
        finally:
            HTTP_IN_PROGRESS.dec()
            seconds = time.perf_counter() - began
            count(scope, status, seconds)
            self._access_log(scope, status, seconds)
        return status

    def _readable(self, read: Mapping[bytes, list[bytes]]) -> Headers:
        """Let a page that may ask read why it was refused; Litestar does so for what it answers."""
        origin = read.get(b"origin", [b""])[0]
        if origin not in self._origins:
            return ()
        return (
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", EXPOSED),
            (b"vary", b"Origin"),
        )

    def _full(self, scope: Any) -> bool:
        most = self._most_connected
        return 0 < most < self.connected() and not scope["path"].startswith(PROBES)

    async def _check_limits(self, scope: Any, read: Mapping[bytes, list[bytes]]) -> bool:
        """Count the request, and return whether there may be one more."""
        service = self.service
        forwarded = read.get(b"x-forwarded-for", ())
        scope["address"] = client_address(scope, forwarded, self._trusted)
        if forwarded and not self._proxy_missed:
            self._look_at_proxy(scope)
        if service is None or scope["path"].startswith(PROBES):
            return True
        account = _account(service, _text(read, b"authorization"))
        scope["verdict"] = verdict = await service.limiter.check_request(scope["address"], account)
        return verdict is None or verdict.allowed

    def _look_at_proxy(self, scope: Any) -> None:
        """Say once what nobody would notice before all people are refused together."""
        peer = (scope.get("client") or ("",))[0]
        if is_unknown_proxy(peer, self._trusted):
            self._proxy_missed = True
            log.warning(
                "X-Forwarded-For of this proxy is not believed: all behind it share one limit",
                proxy=peer,
                setting="ANNALS_TRUSTED_PROXIES",
            )


def _read(headers: Iterable[tuple[bytes, bytes]]) -> tuple[Mapping[bytes, list[bytes]], int]:
    """Return the headers we look at, and the size of all."""
    read: dict[bytes, list[bytes]] = {}
    size = 0
    for name, value in headers:
        size += len(name) + len(value) + 4  # as it came: a colon, a blank, the end of the line
        if name in READ:
            read.setdefault(name, []).append(value)
    return read, size


def _text(read: Mapping[bytes, list[bytes]], name: bytes) -> str | None:
    return read[name][0].decode("latin-1") if name in read else None


def _request_id(read: Mapping[bytes, list[bytes]]) -> str:
    given = read.get(b"x-request-id")
    return given[-1].decode() if given and REQUEST_ID.match(given[-1]) else str(uuid7())


def _account(service: Service, authorization: str | None) -> UUID | None:
    """Return whose request it is, if that is proved; what is not is somebody's at an address."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        return service.tokens.verify(token.strip()).account_id
    except BadToken:
        return None


def _with_ours(theirs: Iterable[tuple[bytes, bytes]], scope: Any) -> list[tuple[bytes, bytes]]:
    headers = list(theirs)
    own = {name for name, _ in headers} & NAMES
    headers.extend(SECURITY if not own else [h for h in SECURITY if h[0] not in own])
    headers.append((b"x-request-id", scope["request_id"].encode()))
    verdict: LimitResult | None = scope.get("verdict")
    if verdict is not None:
        headers.extend(rate_limit_headers(verdict))
    return headers


def _correlation(request_id: str) -> UUID:
    try:
        return UUID(request_id)
    except ValueError:
        return uuid5(CORRELATION, request_id)


def _beyond_limits(
    scope: Mapping[str, Any], read: Mapping[bytes, list[bytes]], size: int
) -> str | None:
    if int(read.get(b"content-length", (b"0",))[-1]) > MAX_BODY_BYTES:
        return "too-large"
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET_BYTES:
        return "uri-too-long"
    if size > MAX_HEADERS_BYTES:
        return "headers-too-large"
    return None


async def _refuse(scope: Mapping[str, Any], send: Send, name: str, more: Headers = ()) -> None:
    kind = PROBLEM_TYPES[name]
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
        *more,
    ]
    if kind.status == 503:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": kind.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
