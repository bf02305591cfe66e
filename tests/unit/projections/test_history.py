"""What the history tells of each fact."""

from domain.events.identity.accounts import AccountRegistered
from domain.events.tasks import TaskCompleted, TaskCreated, TaskRescheduled, TaskTagged, TaskUpdated
from projections.views.audit_trail.history import Change, History, HistoryEntry
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


def test_the_first_entry_has_its_state_alone_from_which_its_changes_follow() -> None:
    assert FIRST.changes == {}
    assert FIRST.state["title"] == "Water"
    assert "due_at" not in FIRST.state


def test_a_field_that_lost_its_value_is_a_change_and_no_longer_in_the_state() -> None:
    due = entry(FIRST, of=TaskRescheduled(due_at=NINE), version=2)
    assert due.state["due_at"] == "2030-01-01T09:00:00Z"
    cleared = entry(due, of=TaskRescheduled(due_at=None), version=3)
    assert cleared.changes == {"due_at": Change(before="2030-01-01T09:00:00Z", after=None)}
    assert "due_at" not in cleared.state


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
    assert found.state["email"] == "ada@example.org"
