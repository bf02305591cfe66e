"""The routes of one task: create, read, change, complete, delete and tag it."""

from typing import Annotated
from urllib.parse import unquote_to_bytes
from uuid import UUID

from litestar import Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter

from application.commands.occurrence_changes import ChangeOccurrences
from application.commands.recurrence import SeriesScope
from application.commands.tasks import (
    ChangeTask,
    CompleteTask,
    DeleteTask,
    ReopenTask,
    RestoreTask,
    TagTask,
    TaskCommand,
    TaskStream,
    UntagTask,
)
from application.undo.restore_version import RestoreVersion
from domain.values.task_fields import TaskContentChange, TaskFieldsChange
from domain.values.uuids import uuid_text
from domain.vocabulary import (
    SeriesId,
    Status,
    Tag,
    TaskId,
)
from interfaces.http.openapi.described_headers import VERSIONED
from interfaces.http.openapi.documentation import QUERY, Reading, changing, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import (
    context,
    execute,
    read,
    respond,
    respond_if_changed,
)
from interfaces.http.protocol.parameters import MomentText, check_request, moment, one
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7
from interfaces.http.tasks.audit import task_history
from interfaces.http.tasks.bulk import change_tasks
from interfaces.http.tasks.dry_run import DryRun, DryRunBody, dry_run
from interfaces.http.tasks.quick_add import create_quick_task, read_quick_task
from interfaces.http.tasks.task_bodies import (
    NewTags,
    NewTask,
    RestoredTask,
    TaskBody,
    TaskChange,
    body_of,
    restored,
)
from interfaces.http.tasks.task_queries import list_tasks
from interfaces.http.tasks.whole_tasks import creating


async def change(request: AnnalsRequest, command: TaskCommand) -> Response[TaskBody]:
    receipt = await execute(request, command)
    return respond(body_of(receipt.state), receipt)


async def change_or_dry_run(
    request: AnnalsRequest, command: TaskCommand, *, dry: bool
) -> Response[TaskBody | DryRunBody]:
    """Execute a command, or answer what it would do."""
    if dry:
        return await dry_run(request, command)
    receipt = await execute(request, command)
    return respond(body_of(receipt.state), receipt)


@changing(post, "/", "create_task", created=True, dto=Body)
async def create_task(data: JSONBody[NewTask], request: AnnalsRequest) -> Response[TaskBody]:
    """Create a task, with its recurrence and its reminders if given."""
    receipt = await execute(request, await creating(request, data))
    task = body_of(receipt.state)
    return respond(
        task, receipt, status=201, location="/api/v1/tasks/" + uuid_text(task.id).decode()
    )


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
    """Get a task from the log: always up to date, or as it was at a version or a moment."""
    asked = TaskStream(task_id=TaskId(task_id))
    if version is not None or at is not None:
        past = await request.parts.streams.as_it_was(
            asked, context(request), version=version, at=moment("at", at)
        )
        return respond(body_of(past.state), past)
    receipt = await read(request, asked)
    if receipt.state.status is Status.DELETED:
        raise HttpProblem(
            "task-deleted",
            "The task is deleted."
            f" POST /api/v1/tasks/{task_id}/restore restores it, and ?version=N shows it.",
        )
    return respond_if_changed(request, body_of(receipt.state), receipt)


@changing(patch, "/{task_id:uuid}", "change_task", dto=Body)
async def change_task(
    task_id: FromPath[UUID],
    data: JSONBody[TaskChange],
    request: AnnalsRequest,
    extent: Annotated[
        SeriesScope,
        QueryParameter(
            name="scope",
            description="For a recurring task: this occurrence, this and the following, or all",
        ),
    ] = SeriesScope.THIS,
    dry: DryRun = False,
) -> Response[TaskBody | DryRunBody]:
    """Change fields of a task; null clears `due_at`, `due_on`, `estimate` and
    `description`."""
    given = data.given() | ({"description": ""} if data.description is None else {})
    if extent is SeriesScope.THIS:
        command: TaskCommand = ChangeTask(task_id=TaskId(task_id), change=TaskFieldsChange(**given))
        return await change_or_dry_run(request, command, dry=dry)
    for name in ("due_at", "due_on"):
        if name in given:
            raise HttpProblem(
                "invalid",
                f"{name} can be changed for this occurrence only (scope=this). To move the others,"
                " change the recurrence.",
                field=name,
            )
    command = ChangeOccurrences(
        task_id=TaskId(task_id),
        series_id=SeriesId(uuid7()),
        scope=extent,
        change=TaskContentChange(**given),
    )
    return await change_or_dry_run(request, command, dry=dry)


@changing(delete, "/{task_id:uuid}", "delete_task")
async def delete_task(task_id: FromPath[UUID], request: AnnalsRequest) -> Response[TaskBody]:
    """Delete a task. Its history is kept, and restoring it is possible."""
    return await change(request, DeleteTask(task_id=TaskId(task_id)))


@changing(post, "/{task_id:uuid}/complete", "complete_task")
async def complete_task(task_id: FromPath[UUID], request: AnnalsRequest) -> Response[TaskBody]:
    """Complete a task. Completing it again changes nothing."""
    return await change(request, CompleteTask(task_id=TaskId(task_id)))


@changing(post, "/{task_id:uuid}/reopen", "reopen_task")
async def reopen_task(task_id: FromPath[UUID], request: AnnalsRequest) -> Response[TaskBody]:
    """Reopen a completed task."""
    return await change(request, ReopenTask(task_id=TaskId(task_id)))


@changing(post, "/{task_id:uuid}/restore", "restore_task")
async def restore_task(
    task_id: FromPath[UUID],
    request: AnnalsRequest,
    version: Annotated[
        int | None,
        QueryParameter(ge=1, le=2**31 - 1, description="Make the task as it was at this version"),
    ] = None,
) -> Response[RestoredTask]:
    """Restore a deleted task; or, with `version`, make a task as it was then, with new events."""
    named = TaskId(task_id)
    if version is None:
        receipt = await execute(request, RestoreTask(task_id=named))
        return respond(restored(receipt.state), receipt)
    past = await request.parts.streams.as_it_was(
        TaskStream(task_id=named), context(request), version=version
    )
    receipt = await execute(request, RestoreVersion(task_id=named, then=past.state))
    return respond(restored(receipt.state, past.state), receipt)


@changing(post, "/{task_id:uuid}/tags", "tag_task", dto=Body)
async def tag_task(
    task_id: FromPath[UUID], data: JSONBody[NewTags], request: AnnalsRequest
) -> Response[TaskBody]:
    """Add tags."""
    return await change(request, TagTask(task_id=TaskId(task_id), tags=data.tags))


@changing(delete, "/{task_id:uuid}/tags/{tag:path}", "untag_task")
async def untag_task(
    task_id: FromPath[UUID],
    tag: Annotated[str, PathParameter(max_length=200)],
    request: AnnalsRequest,
) -> Response[TaskBody]:
    """Remove a tag."""
    # A tag may contain a slash, written %2F; only the raw path distinguishes it from the others.
    raw = unquote_to_bytes(request.scope["raw_path"].rpartition(b"/tags/")[2])
    wanted = one("tag", raw.decode(errors="replace"), Tag)
    return await change(request, UntagTask(task_id=TaskId(task_id), tag=wanted))


TASKS = Router(
    "/tasks",
    route_handlers=[
        create_task,
        list_tasks,
        read_quick_task,
        create_quick_task,
        change_tasks,
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
)
