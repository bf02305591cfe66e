"""Tasks: creating, changing and reading one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeAlias
from urllib.parse import unquote_to_bytes
from uuid import UUID

from litestar import Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from application.command_handler import Receipt
from application.commands.occurrence_changes import ChangeOccurrences
from application.commands.recurrence import Scope
from application.commands.tasks import (
    ChangeTask,
    CompleteTask,
    CreateTask,
    DeleteTask,
    ReopenTask,
    RestoreTask,
    TagTask,
    TaskCommand,
    TaskStream,
    UntagTask,
)
from application.time_travel import as_it_was
from domain.errors import TaskNotFound
from domain.record import Record
from domain.task import Task
from domain.values.change import Change
from domain.values.task_fields import TaskContentChange, TaskFields, TaskFieldsChange, values
from domain.vocabulary import (
    AccountId,
    Description,
    Priority,
    SeriesId,
    Status,
    Tag,
    Tags,
    TaskId,
    Title,
)
from interfaces.http.openapi.documentation import QUERY, VERSIONED, Reading, changing, problems
from interfaces.http.protocol.authentication import service
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import context, execute, none_match, respond
from interfaces.http.protocol.parameters import MomentText, check_request, moment, one
from interfaces.http.protocol.problems import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7
from interfaces.http.tasks.audit import task_history
from interfaces.http.tasks.task_queries import list_tasks

Moment: TypeAlias = Annotated[
    datetime, Meta(tz=True, description="A date and time with its offset, such as …T18:00:00+02:00")
]


class NewTask(TaskFields, forbid_unknown_fields=True):
    title: Title
    description: Description = ""
    tags: Tags = ()
    due_at: Moment | None = None


class TaskChange(Change, forbid_unknown_fields=True):
    """What is given changes; what is left out stays as it is."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    priority: Priority | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    due_at: Moment | UnsetType | None = UNSET


class NewTags(Record, forbid_unknown_fields=True):
    tags: Tags


class TaskBody(Record):
    """A task as it stands, or stood."""

    id: TaskId
    owner: AccountId
    title: str
    description: str
    status: Status
    priority: Priority
    tags: Sequence[str]
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    deleted_at: datetime | None
    skipped_at: datetime | None
    series_id: SeriesId | None
    occurrence: datetime | None  # a wall time: which of its series it is
    version: int


def body_of(task: Task) -> TaskBody:
    if task.id is None or task.owner is None or task.created_at is None or task.updated_at is None:
        raise TaskNotFound(UUID(int=0))  # nothing was ever recorded of it
    return TaskBody(
        **values(task, TaskFields),
        id=task.id,
        owner=task.owner,
        status=task.status,
        created_at=task.created_at,
        updated_at=task.updated_at,
        completed_at=task.completed_at,
        deleted_at=task.deleted_at,
        skipped_at=task.skipped_at,
        series_id=task.series_id,
        occurrence=task.occurrence,
        version=task.version,
    )


async def change(request: AnnalsRequest, command: TaskCommand) -> Response[TaskBody]:
    receipt = await execute(request, command)
    return respond(body_of(receipt.state), receipt)


@changing(post, "/", "create_task", created=True, dto=Body)
async def create_task(data: JSONBody[NewTask], request: AnnalsRequest) -> Response[TaskBody]:
    """Create a task of your own."""
    command = CreateTask(
        task_id=TaskId(uuid7()),
        owner=request.scope["auth"].account_id,
        fields=data,
    )
    receipt = await execute(request, command)
    task = body_of(receipt.state)
    return respond(task, receipt, status=201, location=f"/api/v1/tasks/{task.id}")


@get(
    "/{task_id:uuid}",
    operation_id="get_task",
    operation_class=Reading,
    responses=problems(*QUERY),
    response_headers=VERSIONED,
)
async def get_task(
    request: AnnalsRequest,
    task_id: FromPath[UUID],
    version: Annotated[
        int | None, QueryParameter(ge=1, le=2**31 - 1, description="As it was at this version")
    ] = None,
    at: Annotated[MomentText | None, QueryParameter(description="As it was at this moment")] = None,
) -> Response[TaskBody]:
    """Read a task from the log: always up to date, or as it was at a version or a moment."""
    asked = TaskStream(task_id=TaskId(task_id))
    who = context(request, request.scope["auth"].actor)
    if version is not None or at is not None:
        past = await as_it_was(
            service(request).store, asked, who, version=version, at=moment("at", at)
        )
        return respond(body_of(past.state), past)
    receipt: Receipt[Task] = await service(request).commands.read(asked, who)
    if receipt.state.status is Status.DELETED:
        raise HttpProblem(
            "task-deleted",
            "The task was deleted;"
            f" POST /api/v1/tasks/{task_id}/restore brings it back, and ?version=N shows it.",
        )
    if not none_match(request, receipt.version):
        headers = {"ETag": f'"{receipt.version}"', "Annals-Position": str(receipt.position)}
        return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]
    return respond(body_of(receipt.state), receipt)


@changing(patch, "/{task_id:uuid}", "change_task", dto=Body)
async def change_task(
    task_id: FromPath[UUID],
    data: JSONBody[TaskChange],
    request: AnnalsRequest,
    extent: Annotated[
        Scope,
        QueryParameter(
            name="scope",
            description="Of a task that recurs: this one, those that follow too, or all",
        ),
    ] = Scope.THIS,
) -> Response[TaskBody]:
    """Give fields a new value; null clears `due_at` and `description`."""
    given = data.given() | ({"description": ""} if data.description is None else {})
    if extent is Scope.THIS:
        command: TaskCommand = ChangeTask(task_id=TaskId(task_id), change=TaskFieldsChange(**given))
        return await change(request, command)
    if data.due_at is not UNSET:
        raise HttpProblem(
            "invalid", "When the others are due, its recurrence says: PUT that.", field="due_at"
        )
    command = ChangeOccurrences(
        task_id=TaskId(task_id),
        series_id=SeriesId(uuid7()),
        scope=extent,
        change=TaskContentChange(**given),
    )
    return await change(request, command)


@changing(delete, "/{task_id:uuid}", "delete_task")
async def delete_task(task_id: FromPath[UUID], request: AnnalsRequest) -> Response[TaskBody]:
    """Hide a task; its history stays, and restoring brings it back."""
    return await change(request, DeleteTask(task_id=TaskId(task_id)))


@changing(post, "/{task_id:uuid}/complete", "complete_task")
async def complete_task(task_id: FromPath[UUID], request: AnnalsRequest) -> Response[TaskBody]:
    """Mark a task as done; asked twice, nothing more happens."""
    return await change(request, CompleteTask(task_id=TaskId(task_id)))


@changing(post, "/{task_id:uuid}/reopen", "reopen_task")
async def reopen_task(task_id: FromPath[UUID], request: AnnalsRequest) -> Response[TaskBody]:
    """Mark a completed task as open again."""
    return await change(request, ReopenTask(task_id=TaskId(task_id)))


@changing(post, "/{task_id:uuid}/restore", "restore_task")
async def restore_task(task_id: FromPath[UUID], request: AnnalsRequest) -> Response[TaskBody]:
    """Bring a deleted task back."""
    return await change(request, RestoreTask(task_id=TaskId(task_id)))


@changing(post, "/{task_id:uuid}/tags", "tag_task", dto=Body)
async def tag_task(
    task_id: FromPath[UUID], data: JSONBody[NewTags], request: AnnalsRequest
) -> Response[TaskBody]:
    """Put tags behind those the task has."""
    return await change(request, TagTask(task_id=TaskId(task_id), tags=data.tags))


@changing(delete, "/{task_id:uuid}/tags/{tag:path}", "untag_task")
async def untag_task(
    task_id: FromPath[UUID],
    tag: Annotated[str, PathParameter(max_length=200)],
    request: AnnalsRequest,
) -> Response[TaskBody]:
    """Take a tag off."""
    # A tag may hold a slash, written %2F; only the raw path still tells it from the others.
    raw = unquote_to_bytes(request.scope["raw_path"].rpartition(b"/tags/")[2])
    wanted = one("tag", raw.decode(errors="replace"), Tag)
    return await change(request, UntagTask(task_id=TaskId(task_id), tag=wanted))


TASKS = Router(
    "/tasks",
    route_handlers=[
        create_task,
        list_tasks,
        get_task,
        task_history,
        change_task,
        delete_task,
        complete_task,
        reopen_task,
        restore_task,
        tag_task,
        untag_task,
    ],
    before_request=check_request,
    tags=["Tasks"],
    security=[{"bearer": []}],
)
