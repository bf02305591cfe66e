"""The API as tools inside this process call it: each call is a request of the same client."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import unquote, urlencode
from uuid import UUID

import msgspec

from interfaces.client.calls import PREFIX, Call, Reply
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.request_context import context_of

Application: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

SESSION = b"mcp-session-id"
# Headers of the outer request that say who sends it and how to follow it.
KEPT = frozenset((b"authorization", b"host", b"user-agent", b"x-forwarded-for", b"traceparent"))
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
    """Sends requests to the whole application, edge included: so limits, refusals, the access log
    and the audit trail are those of any other request."""

    def __init__(self, app: Application, outer: Mapping[str, Any], positions: Positions) -> None:
        """`outer` is the scope of the request that a tool call came with."""
        self._app = app
        self._outer = outer
        self._positions = positions
        identity = context_of(outer).identity
        assert identity is not None, "the door lets nobody in who is unknown"  # noqa: S101
        self._account = identity.account_id

    @property
    def session(self) -> str | None:
        return header(self._outer, SESSION)

    @property
    def position(self) -> int:
        return self._positions.of(self._account)

    async def ask(self, call: Call) -> Reply:
        # A task of its own: what the inner request binds to the context does not leak.
        reply = await asyncio.create_task(self._ask(call))
        if reply.status == 410 and "Annals-Min-Position" in call.headers:
            self._positions.forget(self._account)
        if position := reply.headers.get("annals-position"):
            self._positions.saw(self._account, int(position))
        return reply

    async def _ask(self, call: Call) -> Reply:
        body = b"" if call.body is None else msgspec.json.encode(call.body)
        answer = _Answer(body)
        await self._app(self._scope(call, len(body)), answer.receive, answer.send)
        return answer.reply()

    def _scope(self, call: Call, length: int) -> dict[str, Any]:
        outer = self._outer
        headers = [(name, value) for name, value in outer["headers"] if name in KEPT]
        headers.append((b"x-request-id", context_of(outer).request_id.encode()))
        headers.append((b"content-length", b"%d" % length))
        if length:
            headers.append((b"content-type", b"application/json"))
        headers += [(name.lower().encode(), value.encode()) for name, value in call.headers.items()]
        raw_path = PREFIX + call.path
        return {
            "type": "http",
            "asgi": outer["asgi"],
            "http_version": outer["http_version"],
            "method": call.method,
            "scheme": outer["scheme"],
            "path": unquote(raw_path),
            "raw_path": raw_path.encode(),
            "query_string": urlencode(call.query).encode(),
            "root_path": "",
            "headers": headers,
            "client": outer["client"],
            "server": outer["server"],
            "state": {},
        }


class _Answer:
    """Both ends of a request inside the process."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._status = 500
        self._headers: dict[str, str] = {}
        self._content: list[bytes] = []

    async def receive(self) -> dict[str, Any]:
        body, self._body = self._body, None
        if body is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in message["headers"]
            }
        elif message["type"] == "http.response.body":
            self._content.append(message.get("body", b""))

    def reply(self) -> Reply:
        content = b"".join(self._content)
        decoded = msgspec.json.decode(content) if content else None
        return Reply(status=self._status, body=decoded, headers=self._headers)
