"""The API as tools inside this process call it: requests within the request of a tool call."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from msgspec.structs import replace

from interfaces.client.calls import PREFIX, Call, CallRefused, Reply
from interfaces.http.protocol.authentication import authenticated
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.request_context import context_of
from interfaces.http.rewriting.inner_request import InnerRequest, respond_within

SESSION = b"mcp-session-id"
MAX_ACCOUNTS = 10_000


class Positions:
    """The highest position of the log that each account has seen through tools of this process."""

    def __init__(self) -> None:
        self._seen: OrderedDict[UUID, int] = OrderedDict()

    def of(self, account: UUID) -> int:
        return self._seen.get(account, 0)

    def saw(self, account: UUID, position: int) -> None:
        self._seen[account] = max(position, self._seen.pop(account, 0))
        if len(self._seen) > MAX_ACCOUNTS:
            self._seen.popitem(last=False)

    def forget(self, account: UUID) -> None:
        self._seen.pop(account, None)


class InnerApi:
    """Each call is answered as it would be alone, and counts against the rate limit. All calls of a
    tool share the change id of its request, so that one undo takes all of them back."""

    def __init__(self, outer: Mapping[str, Any], positions: Positions) -> None:
        """`outer` is the scope of the request that a tool call came with, of a known client."""
        self._outer = outer
        self._positions = positions
        self._context = context_of(outer)
        self._account = authenticated(self._context).account_id

    @property
    def session(self) -> str | None:
        return header(self._outer, SESSION)

    @property
    def position(self) -> int:
        return self._positions.of(self._account)

    async def ask(self, call: Call) -> Reply:
        await self._count()
        context = replace(self._context, limit=None)
        app = self._outer["litestar_app"]
        found = await respond_within(app, self._outer, context, _inner(call))
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in found.headers
        }
        if found.status == 410 and "Annals-Min-Position" in call.headers:
            self._positions.forget(self._account)
        if position := headers.get("annals-position"):
            self._positions.saw(self._account, int(position))
        body = msgspec.json.decode(found.body) if found.body else None
        return Reply(status=found.status, body=body, headers=headers)

    async def _count(self) -> None:
        """Count a call.

        Raises:
            CallRefused: it is one too many.
        """
        context = self._context
        limit = await context.parts.limiter.check_request(context.address, self._account)
        if limit is not None and not limit.allowed:
            raise CallRefused(
                "too-many-requests", "Too many requests.", "Wait some seconds, then repeat."
            )


def _inner(call: Call) -> InnerRequest:
    headers = [(name.lower().encode(), value.encode()) for name, value in call.headers.items()]
    body = b""
    if call.body is not None:
        headers.append((b"content-type", b"application/json"))
        body = msgspec.json.encode(call.body)
    query = f"?{urlencode(call.query)}" if call.query else ""
    return InnerRequest(
        method=call.method, url=PREFIX + call.path + query, headers=headers, body=body
    )
