"""The edge: every request passes it on the way in and out, also those Litestar refuses."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from litestar import Litestar
from structlog.contextvars import bind_contextvars

from application.parts import ApiParts
from application.ports.telemetry import HttpTelemetry
from application.traceparent import trace_id, valid_traceparent
from domain.values.uuids import uuid_text
from interfaces.http.middleware.access_log import AccessLog
from interfaces.http.middleware.address import ClientAddresses
from interfaces.http.middleware.admission import (
    beyond_capacity,
    beyond_rate,
    beyond_share,
    beyond_size,
    malformed,
)
from interfaces.http.middleware.crowd import Crowd
from interfaces.http.middleware.received_headers import ReceivedHeaders
from interfaces.http.middleware.request_id import given_request_id
from interfaces.http.middleware.response_headers import Headers, cors_headers, with_common_headers
from interfaces.http.middleware.settings import RequestSettings
from interfaces.http.middleware.socket_refusal import refusing_in_words
from interfaces.http.problems.documents import MEDIA_TYPE, problem_document
from interfaces.http.problems.problem_types import PROBLEM_TYPES
from interfaces.http.protocol.request_context import KEY, RequestContext
from interfaces.http.protocol.uuid7 import uuid7
from interfaces.http.rewriting.aliases import deprecation, own_request
from interfaces.http.rewriting.codings import wanted_coding
from interfaces.http.rewriting.compression import compressing
from interfaces.http.rewriting.head import (
    as_get,
    methods_by_path,
    with_all_methods,
    without_body,
)

NO_ROUTE = "none"
ALLOWING = frozenset((204, 405))  # the answers to OPTIONS and to a method that is not allowed
STREAM = "/api/v1/stream"  # lasts as long as a client listens, so its duration says nothing

Send: TypeAlias = Callable[[Any], Awaitable[None]]


class EdgeMiddleware:
    """Wraps the application; Litestar's own middleware would not see a 404 or a 405."""

    parts: ApiParts  # set when the application has started

    def __init__(
        self, app: Litestar, settings: RequestSettings, telemetry: HttpTelemetry, log: AccessLog
    ) -> None:
        self.app = app
        # Returns how many connections are open; the server that runs this sets it.
        self.connected: Callable[[], int] = int
        self._most_connected = settings.http.connections
        self._addresses = ClientAddresses(settings.http.trusted_proxies)
        # Of clients behind a trusted proxy, which opens all of their connections.
        self._crowd = Crowd(settings.http.connections_per_address)
        self._origins = frozenset(settings.http.cors_origins)
        self._methods = methods_by_path(app.routes)
        self._telemetry = telemetry
        self._log = log

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        received = ReceivedHeaders(scope["headers"])
        context = scope[KEY] = self._context(scope, received)
        bind_contextvars(request_id=context.request_id, correlation_id=context.correlation_id)
        context.crowded = self._crowd.enter(context.address)
        try:
            serve = self._respond if scope["type"] == "http" else self._converse
            if self._telemetry.traces or context.traceparent:
                await self._traced(serve, scope, receive, send, received, context)
            else:
                await serve(scope, receive, send, received, context)
        finally:
            self._crowd.leave(context.address)

    async def _traced(
        self,
        serve: Callable[..., Awaitable[None]],
        scope: Any,
        receive: Any,
        send: Any,
        received: ReceivedHeaders,
        context: RequestContext,
    ) -> None:
        method = scope.get("method", "WS")
        with self._telemetry.server_span(method, context.traceparent) as span:
            context.traceparent = span.traceparent
            if span.traceparent:
                bind_contextvars(trace_id=trace_id(span.traceparent))
            await serve(scope, receive, send, received, context)
            span.rename(f"{method} {_route(scope)}")
            if scope["type"] == "http":
                span.set_attributes(
                    http__route=_route(scope), http__response__status_code=context.status
                )

    async def _converse(
        self,
        scope: Any,
        receive: Any,
        send: Any,
        received: ReceivedHeaders,
        context: RequestContext,
    ) -> None:
        context.refusal = await self._before(scope, received, context)
        await self.app(scope, receive, refusing_in_words(scope, send))

    def _context(self, scope: Any, received: ReceivedHeaders) -> RequestContext:
        given = given_request_id(received.last(b"x-request-id"))
        new = uuid7()
        return RequestContext(
            parts=self.parts,
            request_id=given or uuid_text(new).decode(),
            request_id_given=given is not None,
            correlation_id=new,
            change_id=new,
            address=self._addresses.address_of(scope, received.all(b"x-forwarded-for")),
            traceparent=valid_traceparent(received.first(b"traceparent")),
        )

    async def _before(
        self, scope: Any, received: ReceivedHeaders, context: RequestContext
    ) -> str | None:
        """Return the problem type with which the request is refused, if it is."""
        return (
            malformed(scope, received)
            or beyond_size(scope, received)
            or beyond_share(scope, context)
            or beyond_capacity(scope, self.connected(), self._most_connected)
            or await beyond_rate(scope, received, context)
        )

    async def _respond(
        self,
        scope: Any,
        receive: Any,
        send: Send,
        received: ReceivedHeaders,
        context: RequestContext,
    ) -> None:
        """Respond to a request in any case. The status is in the context, 0 if nothing was sent."""
        began = time.perf_counter()

        def send_with_headers(message: Any) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                context.status = message["status"]
                headers = message["headers"]
                if context.status in ALLOWING:
                    known = self._methods.get(_route(handled), frozenset())
                    headers = with_all_methods(headers, known)
                message["headers"] = with_common_headers(headers, more_headers, context)
            return send(message)

        handled = as_get(scope)
        answer: Send = send_with_headers
        own = own_request(handled)
        more_headers = [] if own is handled else deprecation(own)
        if handled is not scope:
            answer = without_body(send_with_headers)
        else:
            wanted = wanted_coding(received.all(b"accept-encoding"))
            answer = compressing(send_with_headers, scope["path"], wanted)
        handled = own
        self._telemetry.request_started()
        try:
            if refusal := await self._before(scope, received, context):
                readable = cors_headers(received.first(b"origin"), self._origins)
                await _refuse(refusal, scope, context, send_with_headers, readable)
            else:
                await self.app(handled, receive, answer)
        finally:
            if handled is not scope:
                scope["path_template"] = _route(handled)
            seconds, route = time.perf_counter() - began, _route(scope)
            timed = None if route == STREAM else seconds
            self._telemetry.request_ended(scope["method"], route, context.status, timed)
            self._log(scope, context.status, seconds)


def _route(scope: Any) -> str:
    """Return the template of the route that Litestar found."""
    return scope.get("path_template") or NO_ROUTE


async def _refuse(
    refusal: str, scope: Any, context: RequestContext, send: Send, more: Headers
) -> None:
    kind = PROBLEM_TYPES[refusal]
    body = problem_document(kind, instance=scope["path"][:256], request_id=context.request_id)
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        # The rest of the body is not read, so nothing can follow it on this connection.
        (b"connection", b"close"),
        *more,
    ]
    if kind.status == 503 or refusal == "too-many-connections":
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": kind.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
