"""The bodies of a bulk change: which tasks, what changes, and what came of it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from application.commands.bulk import MoveDue, ShiftDue
from application.commands.tasks import (
    ChangeTask,
    CompleteTask,
    DeleteTask,
    ReopenTask,
    RestoreTask,
    TagTask,
    TaskCommand,
    UntagTask,
)
from domain.record import Record
from domain.values.task_fields import TaskFieldsChange
from domain.vocabulary import Tags, TaskId
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.values import Day
from interfaces.http.tasks.task_bodies import TaskChange

MAX_TASKS = 1_000
Value: TypeAlias = str | int | bool | Sequence[str]


class BulkChange(TaskChange, forbid_unknown_fields=True):
    """What changes in each task: its fields as in `PATCH /tasks/{id}`, tags, and its due date by
    `shift_due` (P1D, or -P1D to earlier) or to the day `move_due`, at the same time of day. At most
    one of `complete`, `reopen`, `delete` and `restore`."""

    add_tags: Tags = ()
    remove_tags: Tags = ()
    shift_due: Annotated[str, Meta(max_length=40, examples=["P1D"])] | UnsetType = UNSET
    move_due: Day | UnsetType = UNSET
    complete: bool = False
    reopen: bool = False
    delete: bool = False
    restore: bool = False

    def steps(self, task_id: TaskId) -> Sequence[TaskCommand]:
        """Return the commands for one task, in their order.

        Raises:
            HttpProblem: 422, nothing changes, or more than one of `complete`, `reopen`, `delete`
                and `restore` is asked for, or `move_due` with another due date.
        """
        if self.complete + self.reopen + self.delete + self.restore > 1:
            raise HttpProblem(
                "invalid",
                "Give one of complete, reopen, delete and restore.",
                field="change",
            )
        others = (self.due_at, self.due_on, self.shift_due)
        if self.move_due is not UNSET and any(other is not UNSET for other in others):
            raise HttpProblem("invalid", "Give move_due or another due date.", field="change")
        change = {name: getattr(self, name) for name in TaskFieldsChange.__struct_fields__}
        if change["description"] is None:
            change["description"] = ""
        given = {name: value for name, value in change.items() if value is not UNSET}
        found: list[TaskCommand] = []
        if self.restore:
            found.append(RestoreTask(task_id=task_id))
        if given:
            found.append(ChangeTask(task_id=task_id, change=TaskFieldsChange(**given)))
        if self.add_tags:
            found.append(TagTask(task_id=task_id, tags=self.add_tags))
        found += [UntagTask(task_id=task_id, tag=tag) for tag in self.remove_tags]
        if self.shift_due is not UNSET:
            found.append(ShiftDue(task_id=task_id, by=self.shift_due))
        if self.move_due is not UNSET:
            found.append(MoveDue(task_id=task_id, to=self.move_due))
        if self.reopen:
            found.append(ReopenTask(task_id=task_id))
        if self.complete:
            found.append(CompleteTask(task_id=task_id))
        if self.delete:
            found.append(DeleteTask(task_id=task_id))
        if not found:
            raise HttpProblem("invalid", "The change is empty.", field="change")
        return found


class Bulk(Record, forbid_unknown_fields=True):
    """Which tasks change: `ids`, or a `filter` of the parameters of `GET /tasks`. With `dry_run`
    nothing is recorded."""

    change: BulkChange
    ids: Annotated[Sequence[UUID], Meta(min_length=1, max_length=MAX_TASKS)] | UnsetType = UNSET
    filter: Annotated[Mapping[str, Value], Meta(min_length=1, max_length=30)] | UnsetType = UNSET
    dry_run: bool = False


class BulkFailure(Record):
    """A task that was not changed, and why: the type and the detail of the problem."""

    id: UUID
    type: str
    detail: str


class BulkExample(Record):
    """A task as it was, and the fields that change, each with its value before and after."""

    id: UUID
    title: str
    changes: Mapping[str, Mapping[str, Any]]


class BulkAnswer(Record):
    """How many tasks were `done` (or would be, in a dry run) and `unchanged`, because they were so
    already; and those that `failed`. `examples` are the first of those that change."""

    dry_run: bool
    matched: int
    done: int
    unchanged: int
    failed: Sequence[BulkFailure]
    examples: Sequence[BulkExample]
