"""Refuses requests to an operation whose credential or scope is missing, before it is handled."""

from typing import Any

from litestar.types import ASGIApp

from interfaces.http.protocol.authentication import authenticated, identify_with_ticket
from interfaces.http.protocol.request_context import context_of
from interfaces.http.protocol.scopes import ACCESS, Access, Credential, check_access


class AccessMiddleware:
    """Runs between the routing and the handler of each route: what `ACCESS` says is enforced
    here and nowhere else, except for the socket, whose refusal is its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._access: Access | None = None  # each route has an instance of its own

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] != "OPTIONS":
            access = self._access
            if access is None:
                access = self._access = access_of(scope["route_handler"], scope["path_template"])
            if access.credential is not Credential.NONE:
                context = context_of(scope)
                if access.ticket:
                    await identify_with_ticket(context, scope)
                check_access(access, authenticated(context))
        await self.app(scope, receive, send)


def access_of(handler: Any, path: str) -> Access:
    """Return what the operation of a handler at a path needs.

    Raises:
        KeyError: `ACCESS` does not name it, so that nobody may use it.
    """
    operation = getattr(handler, "operation_id", None) or path or handler.name
    if callable(operation):
        operation = operation(handler, None, path.strip("/").split("/"))
    return ACCESS[operation]
