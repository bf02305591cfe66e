"""What each fact makes of a task's row."""

from functools import reduce

from msgspec.structs import replace

from domain.events.recorded import AnyEvent, Recorded
from domain.events.tasks import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReopened,
    TaskRescheduled,
    TaskRestored,
    TaskTagged,
    TaskUntagged,
    TaskUpdated,
)
from domain.vocabulary import Priority, Status
from projections.views.task_list import TaskList, TaskRow
from tests.support.facts import (
    ADA,
    EIGHT,
    NINE,
    TASK,
    TEN,
    recorded,
)

CREATED = TaskCreated(
    owner=ADA, title="Water", description="All", priority=Priority.LOW, tags=("a", "b"), due_at=TEN
)
ROW = TaskRow(
    id=TASK,
    owner=ADA,
    title="Water",
    description="All",
    status=Status.OPEN,
    priority=Priority.LOW,
    tags=("a", "b"),
    due_at=TEN,
    created_at=EIGHT,
    updated_at=EIGHT,
    completed_at=None,
    deleted_at=None,
    version=1,
)


def after(*events: AnyEvent) -> TaskRow | None:
    """The row of a task created at eight to which all of `events` happened at nine."""
    facts = [recorded(CREATED), *(recorded(e, version=n, at=NINE) for n, e in enumerate(events, 2))]

    def evolve(row: TaskRow | None, fact: Recorded) -> TaskRow | None:
        return TaskList().evolve(row, fact)

    return reduce(evolve, facts, None)


NOW = replace(ROW, updated_at=NINE, version=2)


def test_a_created_task_is_open() -> None:
    assert after() == ROW


def test_only_what_was_updated_changes() -> None:
    assert after(TaskUpdated(title="Drown")) == replace(NOW, title="Drown")
    assert after(TaskUpdated(description="", priority=Priority.HIGH)) == replace(
        NOW, description="", priority=Priority.HIGH
    )


def test_tags_are_put_behind_those_there_are_and_taken_off_wherever_they_stand() -> None:
    assert after(TaskTagged(tags=("c", "d"))) == replace(NOW, tags=("a", "b", "c", "d"))
    assert after(TaskUntagged(tags=("a",))) == replace(NOW, tags=("b",))


def test_a_task_is_rescheduled_or_due_no_more() -> None:
    assert after(TaskRescheduled(due_at=NINE)) == replace(NOW, due_at=NINE)
    assert after(TaskRescheduled(due_at=None)) == replace(NOW, due_at=None)


def test_a_completed_task_says_when_until_it_is_reopened() -> None:
    assert after(TaskCompleted()) == replace(NOW, status=Status.COMPLETED, completed_at=NINE)
    assert after(TaskCompleted(), TaskReopened()) == replace(NOW, version=3)


def test_a_deleted_task_is_kept_and_comes_back_as_it_was() -> None:
    assert after(TaskDeleted()) == replace(NOW, status=Status.DELETED, deleted_at=NINE)
    assert after(TaskDeleted(), TaskRestored()) == replace(NOW, version=3)
    assert after(TaskCompleted(), TaskDeleted(), TaskRestored()) == replace(
        NOW, status=Status.COMPLETED, completed_at=NINE, version=4
    )


def test_a_task_whose_creation_is_unknown_has_no_row() -> None:
    assert TaskList().evolve(None, recorded(TaskCompleted(), version=2)) is None
