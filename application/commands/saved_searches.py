"""Requests to save, change and delete a search."""

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from application.command import Command, Context, Events, Stream
from application.policy import may_access
from domain.saved_search import SavedSearch, SearchNotFound
from domain.vocabulary import AccountId, SearchId


class SavedSearchStream(Stream[SavedSearch]):
    """The stream of one saved search."""

    search_id: SearchId

    @property
    def stream_id(self) -> UUID:
        return self.search_id

    def initial(self) -> SavedSearch:
        return SavedSearch()

    def authorize(self, state: SavedSearch, context: Context) -> None:
        # A search of somebody else is answered like one that does not exist.
        if not may_access(state.owner, context):
            raise SearchNotFound(self.search_id)


class SavedSearchCommand(SavedSearchStream, Command[SavedSearch]):
    """A request to change one saved search."""


class SaveSearch(SavedSearchCommand):
    starts_stream: ClassVar[bool] = True

    owner: AccountId
    name: str
    filter: Mapping[str, str]

    def authorize(self, state: SavedSearch, context: Context) -> None:
        """Anyone may save a search of their own."""

    def decide(self, state: SavedSearch, context: Context) -> Events:
        return SavedSearch.save(self.owner, self.name, self.filter)


class ChangeSearch(SavedSearchCommand):
    """Change what is given."""

    name: str | None = None
    filter: Mapping[str, str] | None = None

    def decide(self, state: SavedSearch, context: Context) -> Events:
        renamed = () if self.name is None else state.rename(self.name)
        changed = () if self.filter is None else state.change(self.filter)
        return [*renamed, *changed]


class DeleteSearch(SavedSearchCommand):
    def decide(self, state: SavedSearch, context: Context) -> Events:
        return state.delete()
