"""The events of a list of tasks. Which list a task is in, the events of the task say."""

from typing import TypeAlias

from msgspec import UNSET, UnsetType

from domain.events.event import Event
from domain.vocabulary import AccountId, ListId, ListTasks, Moment


class ListCreated(Event, tag="list.created"):
    """A list was created; it belongs to `owner`. Lists are in the order of `position`."""

    owner: AccountId
    name: str
    position: float


class ListRenamed(Event, tag="list.renamed"):
    """The name changed."""

    name: str


class ListMoved(Event, tag="list.moved"):
    """The place among the lists of the owner changed."""

    position: float


class ListArchived(Event, tag="list.archived"):
    """The list takes no new tasks; those in it stay. With `archived_at`, since that moment, because
    unarchiving it was undone."""

    archived_at: Moment | UnsetType = UNSET


class ListUnarchived(Event, tag="list.unarchived"):
    """The list takes tasks again."""


class ListDeleted(Event, tag="list.deleted"):
    """The list was deleted. Its tasks follow: they leave it (`keep`), are deleted (`delete`), or
    move to the list `to` (`move`). With `deleted_at`, at that moment, because that it came back was
    undone."""

    tasks: ListTasks
    to: ListId | None = None
    deleted_at: Moment | UnsetType = UNSET


class ListRestored(Event, tag="list.restored"):
    """The deletion of the list was undone."""


ListEvent: TypeAlias = (
    ListCreated
    | ListRenamed
    | ListMoved
    | ListArchived
    | ListUnarchived
    | ListDeleted
    | ListRestored
)
