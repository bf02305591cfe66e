"""What the history tells of each fact."""

import pytest

from domain.events.event import Event
from domain.events.identity.accounts import AccountRegistered
from domain.events.tasks import TaskCompleted, TaskCreated, TaskTagged, TaskUpdated
from projections.views.audit_trail.history import Change, History, HistoryEntry
from projections.words.event_words import EVENT_WORDS
from projections.words.trail_words import TRAIL_WORDS
from tests.support.facts import ADA, BOB, NINE, TASK, recorded

CREATED = TaskCreated(owner=ADA, title="Water", tags=("a",))


def entry(row: HistoryEntry | None, *, of: object, version: int = 1) -> HistoryEntry:
    fact = recorded(of, version=version, at=NINE, actor=str(BOB), position=40 + version)  # type: ignore[arg-type] # any event
    found = History().evolve(row, fact)
    assert found
    return found


FIRST = entry(None, of=CREATED)


def test_an_entry_says_whose_task_it_is_who_did_what_and_when() -> None:
    assert (FIRST.entity_type, FIRST.entity_id, FIRST.owner) == ("task", TASK, ADA)
    assert (FIRST.action, FIRST.actor, FIRST.recorded_at) == ("task.created", str(BOB), NINE)
    assert (FIRST.position, FIRST.version) == (41, 1)


def test_the_first_entry_has_nothing_before_it() -> None:
    assert FIRST.changes["title"] == Change(before=None, after="Water")
    assert "due_at" not in FIRST.changes


def test_an_entry_has_only_what_changed_with_what_it_was_before() -> None:
    renamed = entry(FIRST, of=TaskUpdated(title="Drown"), version=2)
    assert renamed.changes == {"title": Change(before="Water", after="Drown")}
    tagged = entry(renamed, of=TaskTagged(tags=("b",)), version=3)
    assert tagged.changes == {"tags": Change(before=["a"], after=["a", "b"])}
    done = entry(tagged, of=TaskCompleted(), version=4)
    assert done.changes == {
        "status": Change(before="open", after="completed"),
        "completed_at": Change(before=None, after="2030-01-01T09:00:00Z"),
    }


def test_an_entry_has_all_of_the_task_as_it_stood_after() -> None:
    renamed = entry(FIRST, of=TaskUpdated(title="Drown"), version=2)
    assert renamed.state == FIRST.state | {
        "title": "Drown",
        "version": 2,
        "updated_at": "2030-01-01T09:00:00Z",
    }


def test_an_account_is_its_own_owner() -> None:
    registered = AccountRegistered(email="ada@example.org", name="Ada")
    found = History().evolve(None, recorded(registered, stream=ADA))
    assert found
    assert (found.entity_type, found.owner) == ("account", ADA)
    assert found.changes["email"] == Change(before=None, after="ada@example.org")


@pytest.mark.parametrize("event", History.listens_to, ids=lambda event: event.__name__)
def test_every_event_of_the_trail_has_words_in_both_languages(event: type[Event]) -> None:
    english, german = {**EVENT_WORDS, **TRAIL_WORDS}[str(event.__struct_config__.tag)]
    assert english
    assert german not in {"", english}
