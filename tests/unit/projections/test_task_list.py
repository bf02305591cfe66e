"""What each fact makes of a task's row."""

from msgspec.structs import replace

from domain.events.recorded import AnyEvent
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
from projections.views.tasks.task_list import TaskListView, TaskRow
from tests.support.facts import (
    ADA,
    EIGHT,
    NINE,
    TASK,
    TEN,
)
from tests.support.scenario import Projected, given

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


NOW = replace(ROW, updated_at=NINE, version=2)


def after(*events: AnyEvent) -> Projected:
    """The list with a task created at eight to which these happened at nine."""
    return given(CREATED).and_at(NINE, *events).projected(TaskListView())


def test_a_created_task_is_open() -> None:
    given(CREATED).projected(TaskListView()).shows(ROW)


def test_only_what_was_updated_changes() -> None:
    after(TaskUpdated(title="Drown")).shows(replace(NOW, title="Drown"))
    after(TaskUpdated(description="", priority=Priority.HIGH)).shows(
        replace(NOW, description="", priority=Priority.HIGH)
    )


def test_tags_are_put_behind_those_there_are_and_taken_off_wherever_they_stand() -> None:
    after(TaskTagged(tags=("c", "d"))).shows(replace(NOW, tags=("a", "b", "c", "d")))
    after(TaskUntagged(tags=("a",))).shows(replace(NOW, tags=("b",)))


def test_a_task_is_rescheduled_or_due_no_more() -> None:
    after(TaskRescheduled(due_at=NINE)).shows(replace(NOW, due_at=NINE))
    after(TaskRescheduled(due_at=None)).shows(replace(NOW, due_at=None))


def test_a_completed_task_says_when_until_it_is_reopened() -> None:
    completed = replace(NOW, status=Status.COMPLETED, completed_at=NINE)
    after(TaskCompleted()).shows(completed)
    after(TaskCompleted(), TaskReopened()).shows(replace(NOW, version=3))


def test_a_deleted_task_is_kept_and_comes_back_as_it_was() -> None:
    after(TaskDeleted()).shows(replace(NOW, status=Status.DELETED, deleted_at=NINE))
    after(TaskDeleted(), TaskRestored()).shows(replace(NOW, version=3))
    after(TaskCompleted(), TaskDeleted(), TaskRestored()).shows(
        replace(NOW, status=Status.COMPLETED, completed_at=NINE, version=4)
    )


def test_a_task_whose_creation_is_unknown_has_no_row() -> None:
    given(TaskCompleted()).projected(TaskListView()).shows()
