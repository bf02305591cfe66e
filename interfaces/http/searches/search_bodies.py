"""The bodies of requests and responses of saved searches."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import UNSET, UnsetType

from domain.record import Record
from domain.saved_search import SavedSearch, SearchNotFound
from domain.values.change import PartialChange
from domain.vocabulary import AccountId, Name, SearchId
from interfaces.http.tasks.task_filters import TaskFilter, filter_of
from projections.views.searching.saved_searches import SavedSearchRow


class NewSearch(Record, forbid_unknown_fields=True):
    """A name for a filter and an order of tasks."""

    name: Name
    filter: TaskFilter


class SearchChange(PartialChange, forbid_unknown_fields=True):
    """What is given changes; a `filter` takes the place of the one before."""

    name: Name | UnsetType = UNSET
    filter: TaskFilter | UnsetType = UNSET


class SearchBody(Record):
    """A saved search: `GET /tasks?saved=ID` finds its tasks."""

    id: SearchId
    owner: AccountId
    name: str
    filter: TaskFilter
    created_at: datetime
    updated_at: datetime
    version: int


class AllSearches(Record):
    items: Sequence[SearchBody]


def body_of(found: SavedSearch | SavedSearchRow) -> SearchBody:
    """Return the body of a saved search, from its state or from its row.

    Raises:
        SearchNotFound: no event was ever recorded of it.
    """
    if (
        found.id is None
        or found.owner is None
        or found.created_at is None
        or found.updated_at is None
    ):
        raise SearchNotFound(UUID(int=0))
    return SearchBody(
        id=found.id,
        owner=found.owner,
        name=found.name,
        filter=filter_of(found.filter),
        created_at=found.created_at,
        updated_at=found.updated_at,
        version=found.version,
    )
