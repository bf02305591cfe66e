"""What the views must show, folded from the raw JSON of the log by nothing but dictionaries."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

Row = dict[str, Any]


class Fact(NamedTuple):
    """A row of `stored_events`; `state` is its JSON."""

    position: int
    stream: str
    version: int
    topic: str
    state: Row

    @property
    def event(self) -> Row:
        event: Row = self.state["event"]
        return event

    @property
    def at(self) -> str:
        return moment(self.state["recorded_at"]) or ""


def moment(text: str | None) -> str | None:
    """Return one spelling for each instant; a wall time stays one."""
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    return (found.astimezone(UTC) if found.tzinfo else found).isoformat()


# What somebody has read is nobody else's business: it has no entry in the audit trail.
UNTOLD = ("notification.read", "notification.unread")


def task_list(facts: Iterable[Fact]) -> dict[str, Row]:
    """Return every task as it stands, by id."""
    tasks: dict[str, Row] = {}
    for fact in facts:
        change_task(tasks, fact)
    return tasks


# Fields of a task that may have no value.
OPTIONAL = (
    *("estimate", "due_at", "due_on", "list_id", "series_id", "occurrence"),
    *("completed_at", "deleted_at", "skipped_at"),
)


def change_task(tasks: dict[str, Row], fact: Fact) -> None:
    event, at = fact.event, fact.at
    if fact.topic in ("task.created", "task.occurrence_generated"):
        generated = fact.topic == "task.occurrence_generated"
        tasks[fact.stream] = {
            "id": fact.stream,
            "owner": event["owner"],
            "title": event["title"],
            "description": event.get("description", ""),
            "status": "open",
            "priority": event.get("priority", "medium"),
            "estimate": event.get("estimate"),
            "tags": list(event.get("tags", ())),
            "due_at": moment(event.get("due_at")),
            "due_on": event.get("due_on"),
            "list_id": event.get("list_id"),
            "created_at": at,
            "updated_at": at,
            "completed_at": None,
            "deleted_at": None,
            "skipped_at": None,
            "series_id": event["series_id"] if generated else None,
            "occurrence": moment(event["occurrence"]) if generated else None,
            "version": fact.version,
        }
        return
    task = tasks.get(fact.stream)
    if task is None or not fact.topic.startswith(("task.", "reminder.")):
        return
    task = tasks[fact.stream] = dict(task)
    task["version"] = fact.version
    if fact.topic.startswith("reminder."):
        return
    task["updated_at"] = at
    if fact.topic == "task.updated":
        for name in ("title", "description", "priority", "estimate"):
            if name in event:
                task[name] = event[name]
    elif fact.topic == "task.tagged":
        task["tags"] = task["tags"] + list(event["tags"])
    elif fact.topic == "task.untagged":
        task["tags"] = [tag for tag in task["tags"] if tag not in event["tags"]]
    elif fact.topic == "task.moved":
        task["list_id"] = event["list_id"]
    elif fact.topic == "task.rescheduled":
        task |= {"due_at": moment(event.get("due_at")), "due_on": event.get("due_on")}
    elif fact.topic == "task.completed":
        then = moment(event.get("completed_at")) or at
        task |= {"status": "completed", "completed_at": then}
    elif fact.topic == "task.reopened":
        task |= {"status": "open", "completed_at": None}
    elif fact.topic == "task.deleted":
        task |= {"status": "deleted", "deleted_at": moment(event.get("deleted_at")) or at}
    elif fact.topic == "task.restored":
        before = "skipped" if task["skipped_at"] else "open"
        task |= {"status": "completed" if task["completed_at"] else before, "deleted_at": None}
    elif fact.topic == "task.made_recurring":
        task |= {"series_id": event["series_id"], "occurrence": moment(event["occurrence"])}
    elif fact.topic == "task.made_single":
        task |= {"series_id": None, "occurrence": None}
    elif fact.topic == "task.skipped":
        task |= {"status": "skipped", "skipped_at": moment(event.get("skipped_at")) or at}
    elif fact.topic == "task.unskipped":
        task |= {"status": "open", "skipped_at": None}
    else:
        raise ValueError(f"the checker does not know {fact.topic}")


def due_reminders(facts: Iterable[Fact]) -> dict[str, Row]:
    """Return when each reminder rings next, by id."""
    found: dict[str, Row] = {}
    for fact in facts:
        if not fact.topic.startswith("reminder."):
            continue
        event = fact.event
        id = event["reminder_id"]  # noqa: A001 - the field's name
        if fact.topic == "reminder.set":
            found[id] = {"id": id, "task_id": fact.stream, "owner": event["owner"]}
        if fact.topic == "reminder.withdrawn":
            found.pop(id, None)
        if id in found:
            name = {
                "reminder.set": "due_at",
                "reminder.rearmed": "due_at",
                "reminder.snoozed": "until",
                "reminder.triggered": "next_at",
                "reminder.missed": "next_at",
                "reminder.cancelled": "",
                "reminder.restored": "due_at" if event.get("state") == "pending" else "",
            }[fact.topic]
            found[id]["due_at"] = moment(event.get(name))
    return found


def history(facts: Iterable[Fact]) -> dict[str, Row]:
    """Return the entries of the audit trail, by position, without what each changed.

    A task's entry has the task as it stood after.
    """
    kinds = {"task": "task", "reminder": "task", "series": "series"}
    kinds |= {kind: kind for kind in ("account", "notification", "session", "password_reset")}
    kinds["list"] = "list"
    tasks: dict[str, Row] = {}
    found: dict[str, Row] = {}
    for fact in facts:
        kind = kinds.get(fact.topic.partition(".")[0])
        if kind is None or fact.topic in UNTOLD:
            continue
        if kind == "task":
            change_task(tasks, fact)
        found[str(fact.position)] = {
            "position": fact.position,
            "entity_type": kind,
            "entity_id": fact.stream,
            "version": fact.version,
            "action": fact.topic,
            "actor": fact.state["actor"],
            "recorded_at": fact.at,
            "correlation_id": fact.state["correlation_id"],
            "task": tasks.get(fact.stream) if kind == "task" else None,
        }
    return found
