"""Tools that change tasks: update, complete, reopen, delete, and skip an occurrence."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from mcp.server.mcpserver import Context
from pydantic import Field

from interfaces.client.calls import CallRefused
from interfaces.mcp.answers import ToolOutcome
from interfaces.mcp.caller import Caller, at_most, caller, path_of
from interfaces.mcp.finding import Priority
from interfaces.mcp.words import NONE, due_of, list_of, rule_of, today

MOST = 50  # tasks of one call
Ids = Annotated[list[str], Field(description="1 to 50 ids from find_tasks")]


@dataclass(kw_only=True)
class TaskToChange:
    """Fields that are given change; the others stay as they are."""

    id: str
    title: str | None = None
    description: Annotated[str | None, Field(description='"" removes it')] = None
    priority: Priority | None = None
    tags: Annotated[Sequence[str] | None, Field(description="Replaces all tags")] = None
    list_name: Annotated[
        str | None, Field(description='The name of a list; "none" takes it out of its list')
    ] = None
    due: Annotated[
        str | None, Field(description='As in add_tasks: "next monday"; "none" removes it')
    ] = None
    move_days: Annotated[
        int | None, Field(ge=-3660, le=3660, description="Moves the due date by so many days")
    ] = None
    repeat: Annotated[
        str | None, Field(description='A rule such as "every 2 weeks"; "none" ends it')
    ] = None
    estimate: Annotated[str | None, Field(description='Such as PT1H; "none" removes it')] = None


async def update_tasks(ctx: Context[Any, Any], changes: list[TaskToChange]) -> ToolOutcome:
    """Change fields of tasks: 1 to 50 changes, each of one task. To move "everything tagged q4 to
    next week", find the tasks and give each the same `due`."""
    at_most(changes, MOST)
    call = caller(ctx, "update_tasks")

    async def one(change: TaskToChange) -> Any:
        return await _updated(call, change)

    return await call.each(changes, lambda change: change.id, one, "updated")


async def complete_tasks(ctx: Context[Any, Any], ids: Ids) -> ToolOutcome:
    """Complete tasks. Of a recurring task, the next occurrence is created."""
    return await _each(ctx, "complete_tasks", ids, "completed", _posted("complete"))


async def reopen_tasks(ctx: Context[Any, Any], ids: Ids) -> ToolOutcome:
    """Bring completed, deleted or skipped tasks back."""
    return await _each(ctx, "reopen_tasks", ids, "reopened", _reopened)


async def delete_tasks(ctx: Context[Any, Any], ids: Ids) -> ToolOutcome:
    """Delete tasks. Their history is kept, and reopen_tasks brings them back."""

    async def one(call: Caller, task_id: str) -> Any:
        return await call.change("DELETE", path_of(task_id))

    return await _each(ctx, "delete_tasks", ids, "deleted", one)


async def skip_occurrences(ctx: Context[Any, Any], ids: Ids) -> ToolOutcome:
    """Skip these occurrences of recurring tasks, without completing them. The next ones are
    created."""
    return await _each(ctx, "skip_occurrences", ids, "skipped", _posted("skip"))


async def _each(
    ctx: Context[Any, Any],
    tool: str,
    ids: list[str],
    verb: str,
    act: Callable[[Caller, str], Awaitable[Any]],
) -> ToolOutcome:
    at_most(ids, MOST)
    call = caller(ctx, tool)

    async def one(task_id: str) -> Any:
        return await act(call, task_id)

    return await call.each(ids, str, one, verb)


def _posted(action: str) -> Callable[[Caller, str], Awaitable[Any]]:
    async def one(call: Caller, task_id: str) -> Any:
        return await call.change("POST", path_of(task_id, action))

    return one


async def _reopened(call: Caller, task_id: str) -> Any:
    try:
        return await call.change("POST", path_of(task_id, "reopen"))
    except CallRefused as reason:
        action = {"task-is-deleted": "restore", "task-is-skipped": "unskip"}.get(reason.code)
        if action is None:
            raise
        return await call.change("POST", path_of(task_id, action))


async def _updated(call: Caller, change: TaskToChange) -> Any:
    path = path_of(change.id)
    given: dict[str, Any] = {
        name: value
        for name in ("title", "description", "priority", "tags", "estimate")
        if (value := getattr(change, name)) is not None
    }
    if given.get("estimate") == NONE:
        given["estimate"] = None
    if change.list_name is not None:
        wanted = await list_of(call, change.list_name)
        given["list_id"] = None if wanted == NONE else wanted
    if change.due is not None and change.move_days is not None:
        raise CallRefused("invalid", "`due` and `move_days` were given.", "Give one of them.")
    if change.due is not None:
        given |= await _due(call, change.due)
    if change.move_days is not None:
        given |= await _moved(call, path, change.move_days)
    if not given and change.repeat is None:
        raise CallRefused("invalid", "Nothing to change was given.", "Give at least one field.")
    task = await call.change("PATCH", path, given) if given else None
    if change.repeat == NONE:
        return await call.change("DELETE", f"{path}/recurrence")
    if change.repeat is not None:
        rule = await rule_of(call, change.repeat)
        await call.change("PUT", f"{path}/recurrence", {"rrule": rule})
        task = await call.get(path)
    return task


async def _due(call: Caller, words: str) -> dict[str, Any]:
    if words == NONE:
        return {"due_on": None, "due_at": None}
    return (await due_of(call, words)).fields


async def _moved(call: Caller, path: str, days: int) -> dict[str, str]:
    """Return the due date of a task, so many days later at the same time of day."""
    task = await call.get(path)
    by = timedelta(days=days)
    if task["due_on"]:
        return {"due_on": str(date.fromisoformat(task["due_on"]) + by)}
    if task["due_at"]:
        _, timezone = await today(call)
        local = datetime.fromisoformat(task["due_at"]).astimezone(ZoneInfo(timezone))
        return {"due_at": (local + by).astimezone(UTC).isoformat()}
    raise CallRefused("invalid", "The task has no due date.", "Give it one with `due`.")
