"""The values of lists and of preferences, and the events that give them other values."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET

from domain.events.lists import (
    ListArchived,
    ListDeleted,
    ListEvent,
    ListMoved,
    ListRenamed,
    ListRestored,
    ListUnarchived,
)
from domain.events.preferences import PreferencesChanged
from domain.preferences import Preferences
from domain.record import Record
from domain.task_list import TaskList
from domain.undo.effect import Values
from domain.vocabulary import ListId, ListTasks


class Deletion(Record):
    """When a list was deleted, and what becomes of its tasks."""

    deleted_at: datetime
    tasks: ListTasks
    to: ListId | None


def list_values(task_list: TaskList) -> Values:
    """Return the values of a list."""
    if task_list.id is None:
        return {}
    at = task_list.deleted_at
    return {
        "name": task_list.name,
        "position": task_list.position,
        "archived": task_list.archived_at,
        "deleted": at and Deletion(deleted_at=at, tasks=task_list.tasks, to=task_list.to),
    }


def give_list(wanted: Values) -> Sequence[ListEvent]:
    """Return the events after which a list has the `wanted` values, and keeps its others."""
    events: list[ListEvent] = []
    if wanted.get("deleted", UNSET) is None:
        events.append(ListRestored())
    if "name" in wanted:
        events.append(ListRenamed(name=wanted["name"]))
    if "position" in wanted:
        events.append(ListMoved(position=wanted["position"]))
    if "archived" in wanted:
        at = wanted["archived"]
        events.append(ListUnarchived() if at is None else ListArchived(archived_at=at))
    if deletion := wanted.get("deleted"):
        events.append(
            ListDeleted(tasks=deletion.tasks, to=deletion.to, deleted_at=deletion.deleted_at)
        )
    return events


def preferences_values(preferences: Preferences) -> Values:
    """Return the preferences that a person sets, the defaults included."""
    return {name: getattr(preferences, name) for name in PreferencesChanged.__struct_fields__}


def give_preferences(wanted: Values) -> Sequence[PreferencesChanged]:
    """Return the event after which these preferences are as wanted."""
    return [PreferencesChanged(**wanted)] if wanted else []
