"""Serves /mcp: checks who calls, and loads the MCP server with the first request."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
from importlib.util import find_spec
from typing import Any, TypeAlias
from uuid import uuid4

from litestar import asgi

from interfaces.http.assistant.inner_api import SESSION, InnerApi, Positions
from interfaces.http.assistant.resource_metadata import challenge
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.authentication import authenticated
from interfaces.http.protocol.request import MAX_BODY_BYTES
from interfaces.http.protocol.request_context import context_of

Handler: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

PATH = "/mcp"


class AssistantDoor:
    """The MCP server of this process, in the extra `mcp`; without the extra there is none."""

    def __init__(self) -> None:
        self._running: asyncio.Task[None] | None = None
        self._handler: asyncio.Future[Handler] | None = None
        self._positions = Positions()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Serve messages while the block runs."""
        try:
            yield
        finally:
            if self._running is not None:
                self._running.cancel()
                await asyncio.wait([self._running])

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a message of a client that is known.

        Raises:
            HttpProblem: 401 without a credential, 404 without the extra, 405 for a method that
                would need a session.
        """
        _check(scope)
        handler = await self._loaded()
        inner = {**scope, "path": PATH, "root_path": ""}
        await handler(inner, receive, partial(_with_session, scope, send))

    async def _loaded(self) -> Handler:
        """Return the handler of messages; the first call loads it, in a second or so."""
        if self._handler is None:
            self._handler = asyncio.get_running_loop().create_future()
            self._running = asyncio.create_task(self._run(self._handler))
        return await asyncio.shield(self._handler)  # a client that leaves must not stop it

    async def _run(self, ready: "asyncio.Future[Handler]") -> None:
        """Run what serves messages, in a task of its own: it must be left in the task that entered
        it."""
        try:
            # In a thread, because other requests would wait for the import.
            module = await asyncio.to_thread(importlib.import_module, "interfaces.mcp.over_http")
            async with module.serving(self._api, MAX_BODY_BYTES) as handler:
                ready.set_result(handler)
                await asyncio.Event().wait()
        except Exception as error:
            self._handler = None  # the next request tries again
            if not ready.done():
                ready.set_exception(error)
            raise

    def _api(self, request: Any) -> InnerApi:
        """Return the API for the HTTP request of a message."""
        return InnerApi(request.scope, self._positions)


@asgi(PATH, is_mount=True, copy_scope=False, name="assistant")
async def assistant(scope: Any, receive: Any, send: Any) -> None:
    """Serve the Model Context Protocol to assistants."""
    scope["path_template"] = PATH  # Litestar names no route of a mount
    door: AssistantDoor = scope["litestar_app"].state.assistant
    await door.handle(scope, receive, send)


@cache
def _installed() -> bool:
    return find_spec("mcp") is not None


def _check(scope: Any) -> None:
    if not _installed() or scope["path"].strip("/"):
        raise HttpProblem("not-found", "There is nothing here.")
    try:
        authenticated(context_of(scope))
    except HttpProblem as problem:
        known = problem.headers.get("WWW-Authenticate", "")
        headers = {**problem.headers, "WWW-Authenticate": challenge(scope, known)}
        raise HttpProblem("not-authenticated", str(problem), headers=headers) from problem
    if scope["method"] not in ("POST", "OPTIONS"):
        # GET would open a stream, DELETE would end a session: messages here need neither.
        raise HttpProblem(
            "method-not-allowed", "Send messages with POST.", headers={"Allow": "POST"}
        )


async def _with_session(scope: Any, send: Any, message: Any) -> None:
    """Name the session in the answer to its first message.

    No process keeps anything of a session: its id only tells the requests of one client from those
    of others, whose ids are the same numbers.
    """
    starts = message["type"] == "http.response.start"
    if starts and not any(
        name in (SESSION, b"mcp-protocol-version") for name, _ in scope["headers"]
    ):
        message["headers"] = [*message["headers"], (SESSION, uuid4().hex.encode())]
    await send(message)
