"""The tool that adds tasks: add_tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from interfaces.client.calls import CallRefused
from interfaces.mcp.answers import ToolOutcome
from interfaces.mcp.caller import Caller, at_most, caller
from interfaces.mcp.finding import Priority
from interfaces.mcp.words import due_of, list_of, reminder_of, rule_of

MOST = 25  # tasks of one call


@dataclass(kw_only=True)
class TaskToAdd:
    """Either `text`, a line as a person writes it, with day, rule, reminders, #tags and
    !priority: "Water the plants every 3 days at 9 #home !high remind 30m before"; or `title` and
    fields, where the title is taken as it is."""

    text: str | None = None
    title: str | None = None
    description: str | None = None
    priority: Priority | None = None
    tags: Sequence[str] | None = None
    list_name: Annotated[str | None, Field(description="The name of a list")] = None
    due: Annotated[
        str | None, Field(description='"2030-01-31", "tomorrow at 9" or "2030-01-31T18:00:00Z"')
    ] = None
    estimate: Annotated[str | None, Field(description="ISO 8601, such as PT1H30M")] = None
    repeat: Annotated[
        str | None, Field(description='A rule such as "every 2 weeks"; needs `due`')
    ] = None
    reminders: Annotated[Sequence[str] | None, Field(description='Such as ["an hour before"]')] = (
        None
    )


async def add_tasks(
    ctx: Context[Any, Any],
    tasks: Annotated[list[TaskToAdd], Field(description="1 to 25 tasks")],
) -> ToolOutcome:
    """Add tasks, with rules, reminders and lists. A repeated request adds nothing twice."""
    at_most(tasks, MOST)
    call = caller(ctx, "add_tasks")

    async def one(task: TaskToAdd) -> Any:
        return await _added(call, task)

    return await call.each(tasks, lambda task: task.text or task.title or "", one, "added")


async def _added(call: Caller, task: TaskToAdd) -> Any:
    fields = {
        "title": task.title,
        "description": task.description,
        "priority": task.priority,
        "tags": task.tags,
        "estimate": task.estimate,
    }
    given: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
    if task.text is not None:
        if given or task.due or task.list_name or task.repeat or task.reminders:
            raise CallRefused(
                "invalid",
                "`text` and fields were given.",
                "Give `text` alone, or `title` and fields.",
            )
        return await call.change("POST", "/tasks/quick", {"text": task.text}, adds=True)
    if task.list_name is not None:
        given["list_id"] = await list_of(call, task.list_name)
    if task.due is not None:
        given |= (await due_of(call, task.due)).fields
    if task.repeat is not None:
        given["recurrence"] = {"rrule": await rule_of(call, task.repeat)}
    if task.reminders is not None:
        given["reminders"] = [await reminder_of(call, words) for words in task.reminders]
    return await call.change("POST", "/tasks", given, adds=True)
