"""The events of a saved search."""

from typing import TypeAlias

from msgspec import UNSET, UnsetType

from domain.events.event import Event
from domain.vocabulary import AccountId, Moment


class SearchSaved(Event, tag="search.saved"):
    """A search was saved; it belongs to `owner`. `filter` has parameters of `GET /tasks`."""

    owner: AccountId
    name: str
    filter: dict[str, str]


class SearchRenamed(Event, tag="search.renamed"):
    """The name changed."""

    name: str


class SearchChanged(Event, tag="search.changed"):
    """The search has another filter or order."""

    filter: dict[str, str]


class SearchDeleted(Event, tag="search.deleted"):
    """The saved search was deleted; the tasks stay as they are. With `deleted_at`, at that moment,
    because undo put the deletion back."""

    deleted_at: Moment | UnsetType = UNSET


class SearchRestored(Event, tag="search.restored"):
    """The deletion of the saved search was undone."""


SavedSearchEvent: TypeAlias = (
    SearchSaved | SearchRenamed | SearchChanged | SearchDeleted | SearchRestored
)
