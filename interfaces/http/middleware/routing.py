"""Finds the operation of a request, checks that the client may use it, and calls its handler.

It takes the place of Litestar's router around all handlers: that one resolves the handlers of
errors, and walks its tree of paths for each new id, with every request.
"""

import re
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp
from litestar.utils import normalize_path

from domain.record import Record
from interfaces.http.middleware.direct_calls import DirectCall, direct_call
from interfaces.http.middleware.exception_handlers import EXCEPTION_HANDLERS
from interfaces.http.protocol.authentication import authenticated, identify_with_ticket
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.request_context import context_of
from interfaces.http.protocol.scopes import ACCESS, PUBLIC, Access, Credential, check_access

# The first id in a path, and what is before and after it.
ID = re.compile(r"(?P<before>.*?/)(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?P<after>.*)")


# The method and the path of a request; of a path with an id what is before and after the id.
Key: TypeAlias = tuple[str, str, str | None]


class Operation(Record):
    """The handler of a method and a path: how it is called, and what it needs. `name` is that of
    the id in its path, if that is all that its path has."""

    handler: Any
    template: str
    app: ASGIApp
    access: Access
    call: DirectCall | None
    name: str | None = None


class Routing:
    """Calls Litestar's handlers. What `ACCESS` says of an operation is enforced here and nowhere
    else, except for the socket, whose refusal is its own.

    `litestar` is what Litestar itself would call, as it still does for sockets.
    """

    def __init__(self, app: Litestar, litestar: ASGIApp) -> None:
        self._app = app
        self._litestar = litestar
        self._operations: dict[Key, Operation] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._litestar(scope, receive, send)
            return
        try:
            operation = self._operation(scope)
            if (access := operation.access).credential is not Credential.NONE:
                context = context_of(scope)
                if access.ticket:
                    await identify_with_ticket(context, scope)
                check_access(access, authenticated(context))
            call = operation.call
            if call is None or (scope["query_string"] and not call.converts_query):
                await operation.app(scope, receive, send)
            else:
                await call(scope, receive, send)
        except Exception as error:
            if context_of(scope).status:
                raise  # the response has begun
            request = AnnalsRequest(scope, receive, send)
            response = _error_handler(error)(request, error)
            await response.to_asgi_response(app=None, request=request)(scope, receive, send)

    def _operation(self, scope: Any) -> Operation:
        """Return the operation of a request, and put what its handler needs into the scope.

        Raises:
            NotFoundException: there is none at the path.
            MethodNotAllowedException: there is one, of other methods.
        """
        path: str = scope["path"]
        found = ID.fullmatch(path)
        before, id_, after = found.groups() if found else (path, None, None)
        known = self._operations.get((scope["method"], before, after))
        if known is None:
            return self._find(scope, (scope["method"], before, after))
        scope["route_handler"] = known.handler
        scope["path_template"] = known.template
        scope["path_params"] = (
            {} if known.name is None else {known.name: msgspec.convert(id_, UUID)}
        )
        return known

    def _find(self, scope: Any, key: Key) -> Operation:
        """Find an operation as Litestar does, and remember it unless its path has more than ids."""
        given = scope["path"]
        path = normalize_path(given)
        app, handler, rest, parameters, template = self._app.asgi_router.handle_routing(
            path=path, method=scope["method"]
        )
        scope |= {
            "path": rest,
            "path_params": parameters,
            "route_handler": handler,
            "path_template": template,
        }
        operation = Operation(
            handler=handler,
            template=template,
            app=app,
            access=PUBLIC if scope["method"] == "OPTIONS" else access_of(handler, template),
            call=direct_call(handler, parameters),
            name=next(iter(parameters), None),
        )
        has_id = key[2] is not None
        plain = len(parameters) == has_id and all(isinstance(p, UUID) for p in parameters.values())
        if isinstance(handler, HTTPRouteHandler) and plain and given == path == rest:
            self._operations[key] = operation
        return operation


def access_of(handler: Any, path: str) -> Access:
    """Return what the operation of a handler at a path needs.

    Raises:
        KeyError: `ACCESS` does not name it, so that nobody may use it.
    """
    operation = getattr(handler, "operation_id", None) or path or handler.name
    if callable(operation):
        operation = operation(handler, None, path.strip("/").split("/"))
    return ACCESS[operation]


def _error_handler(error: Exception) -> Any:
    """Return the handler of the most specific type."""
    return next(EXCEPTION_HANDLERS[k] for k in type(error).__mro__ if k in EXCEPTION_HANDLERS)
