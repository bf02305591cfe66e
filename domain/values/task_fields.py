"""The fields of a task that people set, written once for events, states, rows and requests.

`TaskDetails` change together (`TaskUpdated`), tags, the list and the due date by events of their
own.
A series repeats `TaskContent`; the due date of an occurrence follows from its schedule. Each
record has a twin ending in `Change`, in which what is UNSET stays as it is.
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from operator import attrgetter
from typing import Any

from msgspec import UNSET, UnsetType

from domain.errors import Invalid, TooManyTags
from domain.record import Record
from domain.values.change import PartialChange
from domain.values.normal_form import distinct, visible
from domain.vocabulary import ListId, Moment, Priority

MAX_TAGS = 50
# As the last part of an address these mean other places: `DELETE /tasks/{id}/tags/..` the task.
UNADDRESSABLE = frozenset((".", ".."))


class TaskDetails(Record):
    """`estimate` is how long the task will take, an ISO 8601 duration."""

    title: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    estimate: str | None = None


class TaskContent(TaskDetails):
    """A task is in the list `list_id`, or in none."""

    tags: tuple[str, ...] = ()
    list_id: ListId | None = None


class TaskFields(TaskContent):
    """A task is due at an instant (`due_at`), on a day (`due_on`, which no zone shifts), or not."""

    due_at: Moment | None = None
    due_on: date | None = None


class TaskDetailsChange(PartialChange):
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    estimate: str | UnsetType | None = UNSET


class TaskContentChange(TaskDetailsChange):
    tags: tuple[str, ...] | UnsetType = UNSET
    list_id: ListId | UnsetType | None = UNSET


class TaskFieldsChange(TaskContentChange):
    due_at: Moment | UnsetType | None = UNSET
    due_on: date | UnsetType | None = UNSET


def checked_tags(tags: Sequence[str], present: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the tags, each in its first spelling, that are not `present` in any spelling.

    Raises:
        Invalid: a tag could not be named in an address.
        ShowsNothing: a tag has no visible character.
        TooManyTags: there would be more than `MAX_TAGS`.
    """
    for tag in tags:
        visible("tags", tag)
        if tag in UNADDRESSABLE:
            raise Invalid("tags", f"{tag!r} is no tag: write at least one letter or digit.")
    new = distinct(tags, present)
    if len(present) + len(new) > MAX_TAGS:
        raise TooManyTags(len(present) + len(new))
    return new


def values(source: Record, fields: type[Record]) -> dict[str, Any]:
    """Return the values that `source` has for each of these fields."""
    names, read = _reader(fields)
    return dict(zip(names, read(source), strict=True))


def task_fields(source: Record) -> dict[str, Any]:
    """Return the values that `source` has for each of the fields of a task."""
    return values(source, TaskFields)


@cache
def _reader(fields: type[Record]) -> tuple[tuple[str, ...], Callable[[Record], tuple[Any, ...]]]:
    # Once for each event of a rebuild: this is twice as fast as asking for each name.
    names = fields.__struct_fields__
    return names, attrgetter(*names)
