"""The events of a saved search."""

from typing import TypeAlias

from domain.events.event import Event
from domain.vocabulary import AccountId


class SearchSaved(Event, tag="search.saved"):
    """A search was saved; it belongs to `owner`. `filter` has parameters of `GET /tasks`."""

    owner: AccountId
    name: str
    filter: dict[str, str]


class SearchRenamed(Event, tag="search.renamed"):
    """The name changed."""

    name: str


class SearchChanged(Event, tag="search.changed"):
    """It finds other tasks now, or in another order."""

    filter: dict[str, str]


class SearchDeleted(Event, tag="search.deleted"):
    """The saved search was deleted; the tasks stay as they are."""


SavedSearchEvent: TypeAlias = SearchSaved | SearchRenamed | SearchChanged | SearchDeleted
