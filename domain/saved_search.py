"""A saved search: a name for a filter and an order of tasks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Self, assert_never, get_args
from uuid import UUID

from msgspec import UNSET, field
from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.errors import NotFound
from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.events.searches import (
    SavedSearchEvent,
    SearchChanged,
    SearchDeleted,
    SearchRenamed,
    SearchRestored,
    SearchSaved,
)
from domain.values.normal_form import visible
from domain.vocabulary import AccountId, SearchId


class SearchNotFound(NotFound):
    def __init__(self, search_id: UUID) -> None:
        super().__init__(f"There is no saved search {search_id}.")


class SavedSearch(Aggregate[SavedSearchEvent]):
    """The present state of a saved search. Before it is saved it has no owner."""

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(SavedSearchEvent))

    version: int = 0
    id: SearchId | None = None
    owner: AccountId | None = None
    name: str = ""
    filter: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None

    @staticmethod
    def save(owner: AccountId, name: str, wanted: Mapping[str, str]) -> Sequence[SavedSearchEvent]:
        return [SearchSaved(owner=owner, name=visible("name", name), filter=dict(wanted))]

    def rename(self, name: str) -> Sequence[SavedSearchEvent]:
        self.must_exist()
        return [] if name == self.name else [SearchRenamed(name=visible("name", name))]

    def change(self, wanted: Mapping[str, str]) -> Sequence[SavedSearchEvent]:
        self.must_exist()
        return [] if wanted == self.filter else [SearchChanged(filter=dict(wanted))]

    def delete(self) -> Sequence[SavedSearchEvent]:
        return [] if self.deleted_at is not None else [SearchDeleted()]

    def must_exist(self) -> None:
        """Refuse what is asked of a search that was deleted.

        Raises:
            SearchNotFound: it was.
        """
        if self.deleted_at is not None:
            raise SearchNotFound(self.id or UUID(int=0))

    def evolve(self, event: SavedSearchEvent, recorded: Recorded) -> Self:
        at = recorded.recorded_at
        now = replace(self, version=recorded.originator_version, updated_at=at)
        match event:
            case SearchSaved(owner=owner, name=name, filter=wanted):
                search_id = SearchId(recorded.originator_id)
                named = replace(now, id=search_id, owner=owner, name=name)
                return replace(named, filter=wanted, created_at=at)
            case SearchRenamed(name=name):
                return replace(now, name=name)
            case SearchChanged(filter=wanted):
                return replace(now, filter=wanted)
            case SearchDeleted(deleted_at=then):
                return replace(now, deleted_at=at if then is UNSET else then)
            case SearchRestored():
                return replace(now, deleted_at=None)
            case _:
                assert_never(event)
