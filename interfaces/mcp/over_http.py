"""Serves messages over streamable HTTP: each request by itself, answered with JSON."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from mcp.server.transport_security import TransportSecuritySettings

from interfaces.client.calls import Api
from interfaces.mcp.server import build_server


@asynccontextmanager
async def serving(
    api_of: Callable[[Any], Api], max_body_bytes: int
) -> AsyncIterator[Callable[[Any, Any, Any], Awaitable[None]]]:
    """Yield the ASGI handler of messages; it works while the block runs."""
    server = build_server(api_of)
    server.streamable_http_app(
        json_response=True,
        stateless_http=True,
        max_request_body_size=max_body_bytes,
        # The host is checked at the edge; without a bearer token nothing is served anyway.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    manager = server.session_manager
    async with manager.run():
        yield manager.asgi_app
