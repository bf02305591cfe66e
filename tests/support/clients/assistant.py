"""An assistant: the official Python client of MCP, with the credential of a person."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from tests.support.api import Api, Person

ALL = ("tasks:read", "tasks:write", "audit:read")


class Assistant:
    """A connected client."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def do(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool; return what it answers."""
        answer = await self.result(tool, **arguments)
        assert not answer.is_error, text_of(answer)
        assert isinstance(answer.structured_content, dict)
        return answer.structured_content

    async def result(self, tool: str, **arguments: Any) -> CallToolResult:
        answer = await self.client.call_tool(tool, arguments)
        assert isinstance(answer, CallToolResult)
        return answer


def text_of(answer: CallToolResult) -> str:
    return "".join(part.text for part in answer.content if isinstance(part, TextContent))


async def token_of(person: Person, scopes: Sequence[str] = ALL) -> str:
    """Create a personal access token."""
    wanted = {"name": "Assistant", "scopes": list(scopes)}
    answer = await person.ask("POST", "/auth/tokens", wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


@asynccontextmanager
async def connected(api: Api, token: str, *, mode: Any = "auto") -> AsyncIterator[Assistant]:
    """Connect to /mcp of an API inside this process. `mode` chooses the protocol."""
    transport = httpx2.ASGITransport(api.app)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(transport=transport, headers=headers, timeout=30) as http:
        door = streamable_http_client("http://annals.test/mcp", http_client=http)
        async with Client(door, mode=mode) as client:
            yield Assistant(client)
