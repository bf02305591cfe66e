"""The bodies of list requests and responses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict

from domain.record import Record
from domain.task_list import ListNotFound, TaskList
from domain.values.change import PartialChange
from domain.vocabulary import AccountId, ListId, Name
from projections.views.tasks.lists import ListRow, TaskCount

Position: TypeAlias = Annotated[
    float,
    Meta(
        ge=-1e15,
        le=1e15,
        description="Lists are in the order of their positions. A list goes between two others by a"
        " number between theirs",
    ),
]


class NewList(Record, forbid_unknown_fields=True):
    """Without a `position` the list comes after those that you created before."""

    name: Name
    position: Position | None = None


class ListChange(PartialChange, forbid_unknown_fields=True):
    """Fields that are given change; the others stay as they are."""

    name: Name | UnsetType = UNSET
    position: Position | UnsetType = UNSET


class ListBody(Record):
    """A list of tasks. An archived list takes no new tasks; those in it stay."""

    id: ListId
    owner: AccountId
    name: str
    position: float
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    version: int


class CountedList(ListBody):
    """With `count=true`, `open_tasks` and `tasks` (all but deleted ones) are the tasks in it."""

    open_tasks: int | None = None
    tasks: int | None = None


class AllLists(Record):
    items: Sequence[CountedList]


def body_of(found: TaskList | ListRow) -> ListBody:
    """Return the body of a list, from its state or from its row.

    Raises:
        ListNotFound: no event was ever recorded of it.
    """
    if (
        found.id is None
        or found.owner is None
        or found.created_at is None
        or found.updated_at is None
    ):
        raise ListNotFound(UUID(int=0))
    return ListBody(
        id=found.id,
        owner=found.owner,
        name=found.name,
        position=found.position,
        created_at=found.created_at,
        updated_at=found.updated_at,
        archived_at=found.archived_at,
        version=found.version,
    )


def counted(row: ListRow, count: TaskCount | None) -> CountedList:
    """Return the body of a list, with the number of its tasks if they were counted."""
    return CountedList(
        **asdict(body_of(row)),
        open_tasks=count.open_tasks if count else None,
        tasks=count.tasks if count else None,
    )
