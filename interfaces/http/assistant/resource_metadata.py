"""Tells assistants how to authenticate at /mcp (RFC 9728)."""

from collections.abc import Sequence
from typing import Any

from litestar import get

from domain.record import Record
from domain.vocabulary import Scope
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.protocol.authentication import CHALLENGE
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.request_context import context_of

PATH = "/.well-known/oauth-protected-resource"
SCOPES = (Scope.TASKS_READ, Scope.TASKS_WRITE, Scope.AUDIT_READ)  # that tools use


class ProtectedResource(Record):
    """Tokens are personal access tokens: there is no authorization server to ask for them."""

    resource: str
    resource_name: str
    bearer_methods_supported: Sequence[str]
    scopes_supported: Sequence[Scope]


def _operation(_handler: Any, _method: Any, path: Any) -> str:
    return "assistant_metadata" if path[-1] == "mcp" else "resource_metadata"


@get(
    [PATH, f"{PATH}/mcp"],  # clients look at the one of /mcp first
    operation_id=_operation,
    operation_class=Documented,
    responses=problems(400, 414, 431),
    tags=["Assistant"],
    sync_to_thread=False,
)
def protected_resource(request: AnnalsRequest) -> ProtectedResource:
    """Get how assistants authenticate at /mcp (RFC 9728)."""
    return ProtectedResource(
        resource=f"{_address(request.scope)}/mcp",
        resource_name="Annals",
        bearer_methods_supported=["header"],
        scopes_supported=SCOPES,
    )


def challenge(scope: Any, known: str) -> str:
    """Return a challenge that also names the metadata."""
    return f'{known or CHALLENGE}, resource_metadata="{_address(scope)}{PATH}/mcp"'


def _address(scope: Any) -> str:
    """Return the address of this service, as its settings or the client know it."""
    public: str | None = context_of(scope).parts.public_url
    if public is not None:
        return public.rstrip("/")
    return f"{scope['scheme']}://{header(scope, b'host') or 'localhost'}"
