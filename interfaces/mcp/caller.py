"""The caller of a tool: asks the API, repeats safely, and collects what worked item by item."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID, uuid5

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

from interfaces.client.calls import Api, Call, CallRefused, Reply, refusal
from interfaces.mcp.answers import FailedItem, TaskView, ToolOutcome, counted, task_view

Item = TypeVar("Item")

_KEYS = UUID("4f6d2b58-7a3c-5d0e-9c1b-6a2f0e8d7c35")  # of our idempotency keys (RFC 9562)
# Seconds in which a client without a session may repeat a request.
_REPEAT_SECONDS = 600


class Caller:
    """The account that calls a tool, during one call."""

    def __init__(self, api: Api, tool: str, request_id: str) -> None:
        self._api = api
        self._tool = tool
        self._request_id = request_id
        self._item = 0
        self.changes: list[str] = []

    async def get(self, path: str, **query: Any) -> Any:
        """Return what a GET answers, at least as new as what this caller has changed.

        Raises:
            CallRefused: the API refuses it.
        """
        given = {
            name.rstrip("_"): text(value) for name, value in query.items() if value is not None
        }
        seen = {"Annals-Min-Position": str(self._api.position)} if self._api.position else {}
        reply = await self._api.ask(Call(method="GET", path=path, query=given, headers=seen))
        if not reply.good:
            raise refusal(reply)
        return reply.body

    async def change(
        self, method: str, path: str, body: Any = None, *, adds: bool = False, **query: str
    ) -> Any:
        """Return what a command answers. The same item of the same request is recorded once.

        `adds`: repeating it would change something again.

        Raises:
            CallRefused: the API refuses it.
        """
        key = self._key(method, path, body, adds=adds)
        headers = {"Idempotency-Key": key} if key else {}
        call = Call(method=method, path=path, query=query, body=body, headers=headers)
        reply = await self._api.ask(call)
        if not reply.good:
            raise refusal(reply)
        self._remember(reply)
        return reply.body

    async def each(
        self,
        items: Sequence[Item],
        named: Callable[[Item], str],
        one: Callable[[Item], Awaitable[Mapping[str, Any]]],
        verb: str,
    ) -> ToolOutcome:
        """Do something for each item; what fails does not stop the others."""
        done: list[TaskView] = []
        failed: list[FailedItem] = []
        for self._item, item in enumerate(items):
            try:
                done.append(task_view(await one(item)))
            except CallRefused as reason:
                failed.append(FailedItem.of(named(item), reason))
        return ToolOutcome(
            summary=counted(done, verb, failed), done=done, failed=failed, changes=self.changes
        )

    def _remember(self, reply: Reply) -> None:
        change = reply.headers.get("annals-change")
        if change and change not in self.changes:
            self.changes.append(change)

    def _key(self, method: str, path: str, body: Any, *, adds: bool) -> str | None:
        """Return the idempotency key of one item of a request.

        Request ids are numbers that every client counts from 0. With a session they tell requests
        apart; without, only together with what is asked and the time of day.
        """
        session = self._api.session
        if session is None:
            if not adds:
                return None
            session = f"within {int(time.time() // _REPEAT_SECONDS)}"
        content = json.dumps(body, sort_keys=True)
        parts = (session, self._request_id, self._tool, str(self._item), method, path, content)
        return str(uuid5(_KEYS, "\n".join(parts)))


def caller(ctx: Context[Any, Any], tool: str) -> Caller:
    """Return the caller of a tool."""
    request = ctx.request_context
    api: Api = request.lifespan_context(request.request)
    return Caller(api, tool, str(request.request_id))


def path_of(task_id: str, *more: str) -> str:
    """Return the path of a task, whatever text its id is."""
    return "/".join(("/tasks", quote(task_id.strip() or "-", safe=""), *more))


def text(value: Any) -> str:
    """Return a value as a query parameter has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(value)
    return str(value)


def refused_call(reason: CallRefused) -> ToolError:
    """Return the error of a call that failed as a whole, with the next step."""
    return ToolError(f"{reason} {reason.next_step}")


def at_most(items: Sequence[object], most: int) -> None:
    """Refuse a call with too many items, or with none.

    Raises:
        ToolError: there are too many, or none.
    """
    if not items:
        raise ToolError("No item was given. Give at least one.")
    if len(items) > most:
        raise ToolError(
            f"{len(items)} items were given; a call takes at most {most}. Split the call."
        )
