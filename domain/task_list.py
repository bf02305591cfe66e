"""A list of tasks: its state, its decisions, and why it refuses."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self, assert_never, get_args
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.errors import Invalid, NotFound, ShowsNothing
from domain.events.event import Event
from domain.events.lists import (
    ListArchived,
    ListCreated,
    ListDeleted,
    ListEvent,
    ListMoved,
    ListRenamed,
    ListRestored,
    ListUnarchived,
)
from domain.events.recorded import Recorded
from domain.values.normal_form import is_blank
from domain.vocabulary import AccountId, ListId, ListTasks


class ListNotFound(NotFound):
    def __init__(self, list_id: UUID) -> None:
        super().__init__(f"There is no list {list_id}.")


class ListRefused(Invalid):
    """The list takes no tasks: it does not exist, was deleted, or is archived."""


class TaskList(Aggregate[ListEvent]):
    """The present state of one list. Before it is created it has no owner.

    When it is deleted, `tasks` and `to` say what becomes of its tasks; `deleted_position` is the
    log position of the deletion, 0 if it is not known.
    """

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(ListEvent))

    version: int = 0
    id: ListId | None = None
    owner: AccountId | None = None
    name: str = ""
    position: float = 0.0
    created_at: datetime | None = None
    updated_at: datetime | None = None
    archived_at: datetime | None = None
    deleted_at: datetime | None = None
    tasks: ListTasks = ListTasks.KEEP
    to: ListId | None = None
    deleted_position: int = 0

    @staticmethod
    def create(owner: AccountId, name: str, position: float) -> Sequence[ListEvent]:
        return [ListCreated(owner=owner, name=_checked(name), position=position)]

    def rename(self, name: str) -> Sequence[ListEvent]:
        self._must_exist()
        return [] if name == self.name else [ListRenamed(name=_checked(name))]

    def move(self, position: float) -> Sequence[ListEvent]:
        self._must_exist()
        return [] if position == self.position else [ListMoved(position=position)]

    def archive(self) -> Sequence[ListEvent]:
        self._must_exist()
        return [] if self.archived_at is not None else [ListArchived()]

    def unarchive(self) -> Sequence[ListEvent]:
        self._must_exist()
        return [] if self.archived_at is None else [ListUnarchived()]

    def delete(self, tasks: ListTasks, to: ListId | None) -> Sequence[ListEvent]:
        if self.deleted_at is not None:
            return []
        return [ListDeleted(tasks=tasks, to=to)]

    def check_takes_tasks_of(
        self, owner: AccountId | None, list_id: UUID, *, field: str = "list_id"
    ) -> None:
        """Refuse a task of `owner` for this list, which was asked for as `list_id`.

        Raises:
            ListRefused: the list belongs to somebody else, was deleted, or is archived.
        """
        if self.owner is None or self.owner != owner or self.deleted_at is not None:
            raise ListRefused(field, f"There is no list {list_id}; GET /api/v1/lists shows yours.")
        if self.archived_at is not None:
            raise ListRefused(field, f"The list {self.name} is archived; unarchive it first.")

    def _must_exist(self) -> None:
        if self.deleted_at is not None:
            raise ListNotFound(self.id or UUID(int=0))

    def evolve(self, event: ListEvent, recorded: Recorded) -> Self:
        at = recorded.recorded_at
        now = replace(self, version=recorded.originator_version, updated_at=at)
        match event:
            case ListCreated(owner=owner, name=name, position=position):
                list_id = ListId(recorded.originator_id)
                named = replace(now, id=list_id, owner=owner, name=name)
                return replace(named, position=position, created_at=at)
            case ListRenamed(name=name):
                return replace(now, name=name)
            case ListMoved(position=position):
                return replace(now, position=position)
            case ListArchived(archived_at=then):
                return replace(now, archived_at=at if then is UNSET else then)
            case ListUnarchived():
                return replace(now, archived_at=None)
            case ListDeleted(tasks=tasks, to=to, deleted_at=then):
                deleted_at = at if then is UNSET else then
                deleted = replace(now, deleted_at=deleted_at, deleted_position=recorded.position)
                return replace(deleted, tasks=tasks, to=to)
            case ListRestored():
                restored = replace(now, deleted_at=None, deleted_position=0)
                return replace(restored, tasks=ListTasks.KEEP, to=None)
            case _:
                assert_never(event)


def _checked(name: str) -> str:
    if is_blank(name):
        raise ShowsNothing("name")
    return name
