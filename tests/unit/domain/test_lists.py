"""What a list decides, and which tasks may be in it."""

from uuid import UUID

import pytest

from application.commands.lists import (
    ArchiveList,
    ChangeList,
    CreateList,
    DeleteList,
    LeaveDeletedList,
    ListCommand,
    SeriesLeavesDeletedList,
    UnarchiveList,
)
from application.commands.occurrence_changes import ChangeOccurrences
from application.commands.recurrence import SeriesScope
from application.commands.tasks import ChangeTask, CreateTask, RestoreTask, TaskCommand
from application.commands.whole_tasks import CreateWholeTask
from domain.errors import Invalid, TaskIsDeleted
from domain.events.lists import (
    ListArchived,
    ListCreated,
    ListDeleted,
    ListMoved,
    ListRenamed,
    ListRestored,
    ListUnarchived,
)
from domain.events.recorded import AnyEvent
from domain.events.series import SeriesChanged, SeriesEnded, SeriesStarted
from domain.events.tasks import TaskCreated, TaskDeleted, TaskMoved, TaskRestored
from domain.reminders.spec import ReminderSpec
from domain.task_list import ListNotFound, ListRefused
from domain.values.schedule import Schedule, Template, TemplateChange
from domain.values.task_fields import TaskContentChange, TaskFields, TaskFieldsChange
from domain.vocabulary import ListId, ListTasks, ReminderId, SeriesId
from tests.golden.series_samples import FIRST, LOCAL, SERIES
from tests.support.facts import ADA, BOB, EIGHT, LIST, TASK, TEN
from tests.support.scenario import Given, given
from tests.unit.domain.test_series_decisions import RECURRING

OTHER = ListId(UUID(int=0x12))
CREATED = ListCreated(owner=ADA, name="Garden", position=1.0)
IN_LIST = TaskCreated(owner=ADA, title="Water", list_id=LIST)
KEPT = ListDeleted(tasks=ListTasks.KEEP)


def a_list(*more: AnyEvent) -> Given:
    return given(CREATED, *more)


def test_a_new_list_comes_last_unless_it_has_a_position() -> None:
    create = CreateList(list_id=LIST, owner=ADA, name="Garden")
    now = EIGHT.timestamp()
    given().when(create).then(ListCreated(owner=ADA, name="Garden", position=now))
    create = CreateList(list_id=LIST, owner=ADA, name="Garden", position=1.0)
    given().when(create).then(CREATED)


def test_only_what_differs_changes() -> None:
    a_list().when(ChangeList(list_id=LIST, name="Garden", position=1.0)).then_nothing()
    both = ChangeList(list_id=LIST, name="Terrace", position=0.5)
    a_list().when(both).then(ListRenamed(name="Terrace"), ListMoved(position=0.5))


def test_archiving_and_back_happen_once() -> None:
    a_list().when(ArchiveList(list_id=LIST)).then(ListArchived())
    a_list(ListArchived()).when(ArchiveList(list_id=LIST)).then_nothing()
    a_list(ListArchived()).when(UnarchiveList(list_id=LIST)).then(ListUnarchived())
    a_list().when(UnarchiveList(list_id=LIST)).then_nothing()


COMMANDS: tuple[ListCommand, ...] = (
    ChangeList(list_id=LIST, name="Terrace"),
    ArchiveList(list_id=LIST),
    UnarchiveList(list_id=LIST),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_a_deleted_list_is_not_found(command: ListCommand) -> None:
    a_list(KEPT).when(command).then_refused(ListNotFound)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_a_list_of_somebody_else_is_not_found(command: ListCommand) -> None:
    a_list().when(command, by=str(BOB)).then_refused(ListNotFound)


def test_deleting_says_what_becomes_of_the_tasks() -> None:
    delete = DeleteList(list_id=LIST, tasks=ListTasks.DELETE)
    a_list().when(delete).then(ListDeleted(tasks=ListTasks.DELETE))
    a_list(KEPT).when(delete).then_nothing()
    move = DeleteList(list_id=LIST, tasks=ListTasks.MOVE, to=OTHER)
    moved = ListDeleted(tasks=ListTasks.MOVE, to=OTHER)
    a_list().and_in(OTHER, CREATED).when(move).then(moved)


def test_tasks_move_only_to_another_list_that_takes_them() -> None:
    move = DeleteList(list_id=LIST, tasks=ListTasks.MOVE, to=OTHER)
    a_list().when(move).then_refused(ListRefused)
    a_list().and_in(OTHER, CREATED, ListArchived()).when(move).then_refused(ListRefused)
    a_list().and_in(OTHER, CREATED, KEPT).when(move).then_refused(ListRefused)
    of_bob = ListCreated(owner=BOB, name="Garden", position=1.0)
    a_list().and_in(OTHER, of_bob).when(move).then_refused(ListRefused)
    itself = DeleteList(list_id=LIST, tasks=ListTasks.MOVE, to=LIST)
    a_list().when(itself).then_refused(Invalid)
    nowhere = DeleteList(list_id=LIST, tasks=ListTasks.MOVE)
    a_list().when(nowhere).then_refused(Invalid)
    needless = DeleteList(list_id=LIST, tasks=ListTasks.KEEP, to=OTHER)
    a_list().and_in(OTHER, CREATED).when(needless).then_refused(Invalid)


CREATE = CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="Water", list_id=LIST))
MOVE = TaskFieldsChange(list_id=LIST)
PUT_IN_LIST: tuple[tuple[Given, TaskCommand], ...] = (
    (given(), CREATE),
    (
        given(),
        CreateWholeTask(
            task_id=TASK,
            creation=CREATE,
            reminders={ReminderId(UUID(int=9)): ReminderSpec(at=TEN)},
        ),
    ),
    (given(TaskCreated(owner=ADA, title="Water")), ChangeTask(task_id=TASK, change=MOVE)),
    (
        given(TaskCreated(owner=ADA, title="Water")),
        ChangeOccurrences(
            task_id=TASK,
            series_id=SeriesId(UUID(int=8)),
            scope=SeriesScope.ALL,
            change=TaskContentChange(list_id=LIST),
        ),
    ),
)


@pytest.mark.parametrize("n", range(len(PUT_IN_LIST)))
@pytest.mark.parametrize("refused", ["missing", "deleted", "archived", "of Bob", "a task"])
def test_a_task_is_only_in_a_list_of_its_owner_that_takes_tasks(n: int, refused: str) -> None:
    past, command = PUT_IN_LIST[n]
    lists: dict[str, list[AnyEvent]] = {
        "missing": [],
        "deleted": [CREATED, KEPT],
        "archived": [CREATED, ListArchived()],
        "of Bob": [ListCreated(owner=BOB, name="Garden", position=1.0)],
        "a task": [IN_LIST],
    }
    others = Given(*[event for _, event in past._past])
    others.and_in(LIST, *lists[refused]).when(command).then_refused(ListRefused)


def test_a_task_is_created_in_its_list() -> None:
    given().and_in(LIST, CREATED).when(CREATE).then(IN_LIST)


def test_a_task_moves_to_a_list_and_out_of_it() -> None:
    move = ChangeTask(task_id=TASK, change=MOVE)
    leave = ChangeTask(task_id=TASK, change=TaskFieldsChange(list_id=None))
    task = TaskCreated(owner=ADA, title="Water")
    given(task).and_in(LIST, CREATED).when(move).then(TaskMoved(list_id=LIST))
    given(IN_LIST).when(move).then_nothing()  # also if the list was archived meanwhile
    given(IN_LIST).when(leave).then(TaskMoved(list_id=None))
    given(IN_LIST, TaskDeleted()).when(leave).then_refused(TaskIsDeleted)


def test_a_restored_task_is_in_its_list_unless_that_was_deleted() -> None:
    past, restore = given(IN_LIST, TaskDeleted()), RestoreTask(task_id=TASK)
    past.and_in(LIST, CREATED, ListArchived()).when(restore).then(TaskRestored())
    past.and_in(LIST, KEPT).when(restore).then(TaskRestored(), TaskMoved(list_id=None))


def leaving(tasks: ListTasks, to: ListId | None = None) -> LeaveDeletedList:
    return LeaveDeletedList(task_id=TASK, list_id=LIST, tasks=tasks, to=to)


def test_a_task_leaves_a_deleted_list_once() -> None:
    deleted = (CREATED, ListDeleted(tasks=ListTasks.KEEP))
    task = given(IN_LIST).and_in(LIST, *deleted)
    task.when(leaving(ListTasks.KEEP)).then(TaskMoved(list_id=None))
    task.when(leaving(ListTasks.MOVE, OTHER)).then(TaskMoved(list_id=OTHER))
    task.when(leaving(ListTasks.DELETE)).then(TaskDeleted())
    gone = given(IN_LIST, TaskDeleted()).and_in(LIST, *deleted)
    gone.when(leaving(ListTasks.KEEP)).then_nothing()
    elsewhere = given(IN_LIST, TaskMoved(list_id=OTHER)).and_in(LIST, *deleted)
    elsewhere.when(leaving(ListTasks.DELETE)).then_nothing()


def test_a_task_stays_in_a_list_whose_deletion_was_undone() -> None:
    restored = (CREATED, ListDeleted(tasks=ListTasks.DELETE), ListRestored())
    given(IN_LIST).and_in(LIST, *restored).when(leaving(ListTasks.DELETE)).then_nothing()


def test_a_series_leaves_a_deleted_list_or_ends() -> None:
    started = SeriesStarted(
        owner=ADA,
        template=Template(title="Water", list_id=LIST),
        schedule=Schedule(rule="FREQ=WEEKLY", start=LOCAL, timezone="Europe/Berlin"),
        first=FIRST,
        next_due=TEN,
    )
    leave = SeriesLeavesDeletedList(series_id=SERIES, list_id=LIST, tasks=ListTasks.KEEP)
    given(started).when(leave).then(SeriesChanged(template=TemplateChange(list_id=None)))
    end = SeriesLeavesDeletedList(series_id=SERIES, list_id=LIST, tasks=ListTasks.DELETE)
    given(started).when(end).then(SeriesEnded(withdrawn=(TASK,)))
    given(started, SeriesEnded()).when(end).then_nothing()
    elsewhere = SeriesChanged(template=TemplateChange(list_id=OTHER))
    given(started, elsewhere).when(end).then_nothing()


def test_an_occurrence_in_a_list_takes_the_series_along() -> None:
    task = given(TaskCreated(owner=ADA, title="Water", due_at=TEN), RECURRING)
    started = SeriesStarted(
        owner=ADA,
        template=Template(title="Water"),
        schedule=Schedule(rule="FREQ=WEEKLY", start=LOCAL, timezone="Europe/Berlin"),
        first=FIRST,
        next_due=TEN,
    )
    change = ChangeOccurrences(
        task_id=TASK,
        series_id=SeriesId(UUID(int=8)),
        scope=SeriesScope.ALL,
        change=TaskContentChange(list_id=LIST),
    )
    task.and_in(SERIES, started).and_in(LIST, CREATED).when(change).then(
        TaskMoved(list_id=LIST),
        also={SERIES: [SeriesChanged(template=TemplateChange(list_id=LIST))]},
    )
