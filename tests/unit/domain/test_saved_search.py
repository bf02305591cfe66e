"""What a saved search answers to each request."""

from uuid import UUID

from application.commands.saved_searches import ChangeSearch, DeleteSearch, SaveSearch
from domain.events.searches import SearchChanged, SearchDeleted, SearchRenamed, SearchSaved
from domain.saved_search import SearchNotFound
from domain.values.normal_form import ShowsNothing
from domain.vocabulary import SearchId
from tests.support.facts import ADA, BOB, TASK
from tests.support.scenario import given

SEARCH = SearchId(UUID(int=TASK.int))
SAVED = SearchSaved(owner=ADA, name="Garden", filter={"tags": "garden"})


def test_a_search_is_saved() -> None:
    command = SaveSearch(search_id=SEARCH, owner=ADA, name="Garden", filter={"tags": "garden"})
    given().when(command).then(SAVED)


def test_only_what_differs_changes() -> None:
    same = ChangeSearch(search_id=SEARCH, name="Garden", filter={"tags": "garden"})
    given(SAVED).when(same).then_nothing()
    other = ChangeSearch(search_id=SEARCH, name="Terrace", filter={"q": "pots"})
    given(SAVED).when(other).then(
        SearchRenamed(name="Terrace"), SearchChanged(filter={"q": "pots"})
    )


def test_a_deleted_search_is_not_there() -> None:
    given(SAVED).when(DeleteSearch(search_id=SEARCH)).then(SearchDeleted())
    given(SAVED, SearchDeleted()).when(DeleteSearch(search_id=SEARCH)).then_nothing()
    renaming = ChangeSearch(search_id=SEARCH, name="Terrace")
    given(SAVED, SearchDeleted()).when(renaming).then_refused(SearchNotFound)


def test_a_search_of_somebody_else_is_not_there() -> None:
    given(SAVED).when(DeleteSearch(search_id=SEARCH), by=str(BOB)).then_refused(SearchNotFound)


def test_a_name_that_shows_nothing_is_refused() -> None:
    command = SaveSearch(search_id=SEARCH, owner=ADA, name="\u2060", filter={})
    given().when(command).then_refused(ShowsNothing)
