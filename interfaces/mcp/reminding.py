"""Tools for reminders: set_reminders and explain_reminder."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from interfaces.client.calls import CallRefused
from interfaces.mcp.answers import ToolOutcome
from interfaces.mcp.caller import Caller, at_most, caller, path_of, refused_call
from interfaces.mcp.words import reminder_of

MOST = 50  # reminders of one call


@dataclass(kw_only=True)
class ReminderToSet:
    """A reminder of one task, before it is due or at a moment."""

    task_id: str
    when: Annotated[
        str, Field(description='"an hour before", "PT30M" (before it is due) or "tomorrow at 9"')
    ]


@dataclass(kw_only=True)
class ExplainedMoment:
    """A time at which a reminder was due, or is due next: what became of it, and of each channel
    why it was used or not."""

    at: str
    outcome: str
    channels: list[dict[str, Any]]


@dataclass(kw_only=True)
class ExplainedReminder:
    """A reminder and its last moments, the oldest first. `due_at` (UTC) is when it is sent next."""

    id: str
    state: str
    due_at: str | None
    before: str | None
    moments: list[ExplainedMoment] = field(default_factory=list)


@dataclass(kw_only=True)
class Explanation:
    """The reminders of a task."""

    summary: str
    reminders: list[ExplainedReminder]


async def set_reminders(ctx: Context[Any, Any], reminders: list[ReminderToSet]) -> ToolOutcome:
    """Set reminders of tasks: 1 to 50. One before the due date moves with it, and a recurring task
    has it at each occurrence. A repeated request sets nothing twice."""
    at_most(reminders, MOST)
    call = caller(ctx, "set_reminders")

    async def one(reminder: ReminderToSet) -> Any:
        return await _set(call, reminder)

    return await call.each(reminders, lambda reminder: reminder.task_id, one, "got a reminder")


async def explain_reminder(
    ctx: Context[Any, Any],
    task_id: Annotated[str, Field(description="An id from find_tasks")],
) -> Explanation:
    """Explain the reminders of a task: when each is sent next, and why it was sent or not, by each
    channel."""
    call = caller(ctx, "explain_reminder")
    try:
        found = (await call.get(path_of(task_id, "reminders")))["items"]
        reminders = [await _explained(call, reminder) for reminder in found]
    except CallRefused as reason:
        raise refused_call(reason) from reason
    pending = sum(reminder.state == "pending" for reminder in reminders)
    summary = f"The task has {len(reminders)} reminders; {pending} will still be sent."
    if not reminders:
        summary = "The task has no reminder. set_reminders sets one."
    return Explanation(summary=summary, reminders=reminders)


async def _set(call: Caller, reminder: ReminderToSet) -> Any:
    body = await reminder_of(call, reminder.when)
    await call.change("POST", path_of(reminder.task_id, "reminders"), body, adds=True)
    return await call.get(path_of(reminder.task_id))


async def _explained(call: Caller, reminder: dict[str, Any]) -> ExplainedReminder:
    trace = await call.get(f"/reminders/{reminder['id']}/why")
    moments = [
        ExplainedMoment(at=each["at"], outcome=str(each["outcome"]), channels=each["channels"])
        for each in trace["moments"]
    ]
    return ExplainedReminder(
        id=reminder["id"],
        state=reminder["state"],
        due_at=trace["due_at"],
        before=reminder["before"],
        moments=moments,
    )
