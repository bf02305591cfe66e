"""What a task decides."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from msgspec.structs import replace

from application.command import Command
from application.commands.tasks import (
    ChangeTask,
    CompleteTask,
    CreateTask,
    DeleteTask,
    ReopenTask,
    RestoreTask,
    TagTask,
    UntagTask,
)
from domain.aggregate import fold
from domain.errors import DateOutOfRange, TaskIsDeleted, TaskNotFound, TooManyTags
from domain.events.preferences import PreferencesChanged
from domain.events.recorded import AnyEvent
from domain.events.reminders import ReminderCancelled, ReminderSet
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
from domain.reminders.of_series import SeriesReminder
from domain.task import Task
from domain.values.streams import preferences_stream
from domain.values.task_fields import TaskFields, TaskFieldsChange
from domain.vocabulary import CancelReason, Priority, Status
from tests.support.facts import (
    ADA,
    BOB,
    EIGHT,
    NINE,
    TASK,
    TEN,
    history,
    recorded,
)
from tests.support.scenario import given

CREATED = TaskCreated(owner=ADA, title="Water the plants", tags=("home", "green"))
WHEN_DUE = ReminderSet(
    reminder_id=SeriesReminder(before="PT0S").of_task(TASK), owner=ADA, before="PT0S", due_at=NINE
)
COMPLETE = CompleteTask(task_id=TASK)
EVERY_CHANGE: list[Command[Task]] = [
    ChangeTask(task_id=TASK, change=TaskFieldsChange(title="Feed the cat")),
    TagTask(task_id=TASK, tags=("cat",)),
    UntagTask(task_id=TASK, tag="home"),
    COMPLETE,
    ReopenTask(task_id=TASK),
    DeleteTask(task_id=TASK),
    RestoreTask(task_id=TASK),
]


def test_a_task_is_created_with_what_was_asked() -> None:
    given().when(
        CreateTask(
            task_id=TASK,
            owner=ADA,
            fields=TaskFields(title="Pay", priority=Priority.HIGH, due_at=NINE),
        )
    ).then(TaskCreated(owner=ADA, title="Pay", priority=Priority.HIGH, due_at=NINE), WHEN_DUE)


@pytest.mark.parametrize(
    ("preferred", "expected"),
    [((), []), (("PT0S",), [WHEN_DUE]), (("PT2H", "PT0S"), [WHEN_DUE])],
)
def test_a_due_date_gets_the_reminders_of_preferences_that_are_still_ahead(
    preferred: tuple[str, ...], expected: list[ReminderSet]
) -> None:
    chosen = PreferencesChanged(default_reminders=preferred)
    due = CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="Pay", due_at=NINE))
    given().and_in(preferences_stream(ADA), chosen).when(due).then(
        TaskCreated(owner=ADA, title="Pay", due_at=NINE), *expected
    )


def test_only_a_task_that_never_had_a_reminder_gets_those_of_preferences() -> None:
    later = ChangeTask(task_id=TASK, change=TaskFieldsChange(due_at=TEN))
    given(CREATED, TaskRescheduled(due_at=NINE)).when(later).then(
        TaskRescheduled(due_at=TEN), replace(WHEN_DUE, due_at=TEN)
    )
    gone = ReminderCancelled(reminder_id=WHEN_DUE.reminder_id, why=CancelReason.ASKED)
    given(CREATED, TaskRescheduled(due_at=NINE), WHEN_DUE, gone).when(later).then(
        TaskRescheduled(due_at=TEN)
    )


def test_a_task_without_a_due_date_or_with_a_past_one_gets_no_reminder() -> None:
    given().when(CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="Pay"))).then(
        TaskCreated(owner=ADA, title="Pay")
    )
    past = CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="Pay", due_at=EIGHT))
    given().when(past, now=NINE).then(TaskCreated(owner=ADA, title="Pay", due_at=EIGHT))


def test_a_tag_given_twice_is_kept_once_in_its_first_place() -> None:
    given().when(
        CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="Pay", tags=("b", "a", "b")))
    ).then(TaskCreated(owner=ADA, title="Pay", tags=("b", "a")))


def test_only_what_changed_is_recorded() -> None:
    given(CREATED).when(
        ChangeTask(
            task_id=TASK, change=TaskFieldsChange(title="Water the plants", priority=Priority.LOW)
        )
    ).then(TaskUpdated(priority=Priority.LOW))


def test_a_new_due_date_is_a_fact_of_its_own() -> None:
    given(CREATED).when(
        ChangeTask(task_id=TASK, change=TaskFieldsChange(title="Feed the cat", due_at=NINE))
    ).then(TaskUpdated(title="Feed the cat"), TaskRescheduled(due_at=NINE), WHEN_DUE)


def test_a_due_date_can_be_taken_away() -> None:
    given(CREATED, TaskRescheduled(due_at=NINE)).when(
        ChangeTask(task_id=TASK, change=TaskFieldsChange(due_at=None))
    ).then(TaskRescheduled(due_at=None))


def test_the_same_moment_in_another_zone_is_no_change() -> None:
    elsewhere = NINE.astimezone(timezone(timedelta(hours=5)))
    given(CREATED, TaskRescheduled(due_at=NINE)).when(
        ChangeTask(task_id=TASK, change=TaskFieldsChange(due_at=elsewhere))
    ).then_nothing()


def test_a_due_date_is_recorded_in_utc() -> None:
    elsewhere = NINE.astimezone(timezone(timedelta(hours=5)))
    change = TaskFieldsChange(due_at=elsewhere)
    (fact,) = fold(Task(), history(CREATED)).change(change, EIGHT)
    assert isinstance(fact, TaskRescheduled)
    assert fact.due_at is not None
    assert fact.due_at.tzinfo is UTC


@pytest.mark.parametrize("year", [1, 1969, 3000, 9999])
def test_an_absurd_date_is_refused(year: int) -> None:
    given(CREATED).when(
        ChangeTask(task_id=TASK, change=TaskFieldsChange(due_at=datetime(year, 6, 1, tzinfo=UTC)))
    ).then_refused(DateOutOfRange)


@pytest.mark.parametrize(
    ("wanted", "untagged", "tagged"),
    [
        (("home", "green"), None, None),
        (("green", "home"), ("home",), ("home",)),
        (("home",), ("green",), None),
        (("home", "green", "new"), None, ("new",)),
        (("new", "home", "green"), ("home", "green"), ("new", "home", "green")),
        ((), ("home", "green"), None),
    ],
)
def test_tags_end_in_the_order_that_was_asked(
    wanted: tuple[str, ...], untagged: tuple[str, ...] | None, tagged: tuple[str, ...] | None
) -> None:
    facts: list[AnyEvent] = [
        *([TaskUntagged(tags=untagged)] if untagged else []),
        *([TaskTagged(tags=tagged)] if tagged else []),
    ]
    given(CREATED).when(ChangeTask(task_id=TASK, change=TaskFieldsChange(tags=wanted))).then(*facts)
    assert fold(Task(), history(CREATED, *facts)).tags == wanted


def test_a_tag_the_task_has_is_not_put_on_again() -> None:
    given(CREATED).when(TagTask(task_id=TASK, tags=("home", "new"))).then(TaskTagged(tags=("new",)))


def test_a_task_bears_at_most_fifty_tags() -> None:
    many = tuple(f"tag {n}" for n in range(49))
    given(CREATED).when(TagTask(task_id=TASK, tags=many)).then_refused(TooManyTags)
    given(CREATED).when(TagTask(task_id=TASK, tags=many[:48])).then(TaskTagged(tags=many[:48]))


def test_a_tag_it_does_not_have_cannot_be_taken_off() -> None:
    given(CREATED).when(UntagTask(task_id=TASK, tag="work")).then_nothing()


def test_completing_twice_changes_nothing() -> None:
    given(CREATED).when(COMPLETE).then(TaskCompleted())
    given(CREATED, TaskCompleted()).when(COMPLETE).then_nothing()


def test_a_completed_task_can_be_reopened_once() -> None:
    reopen = ReopenTask(task_id=TASK)
    given(CREATED, TaskCompleted()).when(reopen).then(TaskReopened())
    given(CREATED, TaskCompleted(), TaskReopened()).when(reopen).then_nothing()


def test_deleting_twice_changes_nothing() -> None:
    delete = DeleteTask(task_id=TASK)
    given(CREATED).when(delete).then(TaskDeleted())
    given(CREATED, TaskDeleted()).when(delete).then_nothing()


def test_restoring_brings_back_what_was_deleted() -> None:
    restore = RestoreTask(task_id=TASK)
    given(CREATED, TaskDeleted()).when(restore).then(TaskRestored())
    given(CREATED).when(restore).then_nothing()
    back = fold(Task(), history(CREATED, TaskCompleted(), TaskDeleted(), TaskRestored()))
    assert (back.status, back.deleted_at) == (Status.COMPLETED, None)


@pytest.mark.parametrize(
    "command",
    [c for c in EVERY_CHANGE if not isinstance(c, DeleteTask | RestoreTask)],
    ids=lambda c: type(c).__name__,
)
def test_a_deleted_task_is_not_changed(command: Command[Task]) -> None:
    given(CREATED, TaskDeleted()).when(command).then_refused(TaskIsDeleted)


@pytest.mark.parametrize("command", EVERY_CHANGE, ids=lambda c: type(c).__name__)
def test_what_does_not_exist_and_what_is_someone_elses_look_alike(command: Command[Task]) -> None:
    given().when(command).then_refused(TaskNotFound)
    given(CREATED).when(command, by=str(BOB)).then_refused(TaskNotFound)


def test_our_own_processes_may_change_any_task() -> None:
    given(CREATED).when(COMPLETE, by="system:scheduler").then(TaskCompleted())


def test_times_are_those_of_the_facts() -> None:
    task = fold(
        Task(),
        [
            recorded(CREATED, version=1),
            recorded(TaskCompleted(), version=2, at=NINE),
            recorded(TaskDeleted(), version=3, at=TEN),
        ],
    )
    assert task.id == TASK
    assert task.version == 3
    assert (task.completed_at, task.deleted_at, task.updated_at) == (NINE, TEN, TEN)


def test_an_update_leaves_alone_what_it_does_not_name() -> None:
    task = fold(Task(), history(CREATED, TaskUpdated(description="Twice a week.")))
    assert (task.title, task.description) == ("Water the plants", "Twice a week.")


def test_a_task_stream_begins_at_its_creation() -> None:
    assert fold(Task(), []).owner is None
    assert CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="Pay")).stream_id == UUID(
        int=1
    )
