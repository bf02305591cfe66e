"""What the history tells of each fact."""

from typing import Any

import msgspec
import pytest

from domain.events.event import Event
from domain.events.identity.accounts import AccountRegistered
from domain.events.tasks import (
    TaskCompleted,
    TaskCreated,
    TaskReopened,
    TaskRescheduled,
    TaskTagged,
    TaskUpdated,
)
from projections.views.audit_trail.history import (
    _ENTITIES,
    Change,
    History,
    HistoryEntry,
    _Entity,
)
from projections.words.event_words import EVENT_WORDS
from projections.words.trail_words import TRAIL_WORDS
from tests.support.facts import ADA, BOB, NINE, TASK, recorded

CREATED = TaskCreated(owner=ADA, title="Water", tags=("a",))


def entry(row: HistoryEntry | None, *, of: object, version: int = 1) -> HistoryEntry:
    fact = recorded(of, version=version, at=NINE, actor=str(BOB), position=40 + version)  # type: ignore[arg-type] # any event
    found = History().evolve(row, fact)
    assert found
    return found


def stored(of: HistoryEntry) -> dict[str, Any]:
    """Return the state of an entry as the table has it."""
    state: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(of.state))
    return state


FIRST = entry(None, of=CREATED)


def test_an_entry_says_whose_task_it_is_who_did_what_and_when() -> None:
    assert (FIRST.entity_type, FIRST.entity_id, FIRST.owner) == ("task", TASK, ADA)
    assert (FIRST.action, FIRST.actor, FIRST.recorded_at) == ("task.created", str(BOB), NINE)
    assert (FIRST.position, FIRST.version) == (41, 1)


def test_the_first_entry_has_its_state_alone_from_which_its_changes_follow() -> None:
    assert FIRST.changes == {}
    assert stored(FIRST)["title"] == "Water"
    assert "due_at" not in stored(FIRST)


def test_a_field_that_lost_its_value_is_a_change_and_no_longer_in_the_state() -> None:
    due = entry(FIRST, of=TaskRescheduled(due_at=NINE), version=2)
    assert stored(due)["due_at"] == "2030-01-01T09:00:00Z"
    cleared = entry(due, of=TaskRescheduled(due_at=None), version=3)
    assert cleared.changes == {"due_at": Change(before="2030-01-01T09:00:00Z", after=None)}
    assert "due_at" not in stored(cleared)


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
    assert stored(renamed) == stored(FIRST) | {
        "title": "Drown",
        "version": 2,
        "updated_at": "2030-01-01T09:00:00Z",
    }


def test_an_entry_follows_from_the_one_before_in_the_table_as_from_that_in_memory() -> None:
    done = entry(FIRST, of=TaskCompleted(), version=2)
    from_table = msgspec.json.decode(msgspec.json.encode(done), type=HistoryEntry)
    for event in (TaskReopened(), TaskUpdated(title="Drown")):
        expected, found = (entry(each, of=event, version=3) for each in (done, from_table))
        assert msgspec.json.encode(expected) == msgspec.json.encode(found)


@pytest.mark.parametrize("kind", _ENTITIES, ids=lambda kind: kind.type)
def test_a_state_has_every_field_with_a_value_even_if_it_is_the_usual_one(kind: _Entity) -> None:
    fields = {field.name: field for field in msgspec.structs.fields(kind.state)}
    assert fields.keys() == set(kind.view.row.__struct_fields__)
    assert all(field.required or field.default is None for field in fields.values())


def test_an_account_is_its_own_owner() -> None:
    registered = AccountRegistered(email="ada@example.org", name="Ada")
    found = History().evolve(None, recorded(registered, stream=ADA))
    assert found
    assert (found.entity_type, found.owner) == ("account", ADA)
    assert stored(found)["email"] == "ada@example.org"


@pytest.mark.parametrize("event", History.listens_to, ids=lambda event: event.__name__)
def test_every_event_of_the_trail_has_words_in_both_languages(event: type[Event]) -> None:
    english, german = {**EVENT_WORDS, **TRAIL_WORDS}[str(event.__struct_config__.tag)]
    assert english
    assert german not in {"", english}
