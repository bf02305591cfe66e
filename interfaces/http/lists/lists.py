"""The routes of lists: create, read, change, order, archive and delete them."""

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from application.commands.lists import (
    ArchiveList,
    ChangeList,
    CreateList,
    ListCommand,
    ListStream,
    UnarchiveList,
)
from domain.task_list import ListNotFound
from domain.vocabulary import ListId
from interfaces.http.lists.list_bodies import (
    AllLists,
    ListBody,
    ListChange,
    NewList,
    body_of,
    counted,
)
from interfaces.http.lists.list_deletion import delete_list
from interfaces.http.openapi.described_headers import VERSIONED
from interfaces.http.openapi.documentation import QUERY, Querying, Reading, changing, problems
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import execute, read, respond, respond_if_changed
from interfaces.http.protocol.parameters import check_request, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7
from projections.views.tasks.lists import TaskCount, count_tasks, of_owner


async def _change(request: AnnalsRequest, command: ListCommand) -> Response[ListBody]:
    receipt = await execute(request, command)
    return respond(body_of(receipt.state), receipt)


@changing(post, "/", "create_list", created=True, dto=Body)
async def create_list(data: JSONBody[NewList], request: AnnalsRequest) -> Response[ListBody]:
    """Create a list."""
    command = CreateList(
        list_id=ListId(uuid7()),
        owner=request.account_id,
        name=data.name,
        position=data.position,
    )
    receipt = await execute(request, command)
    body = body_of(receipt.state)
    return respond(body, receipt, status=201, location=f"/api/v1/lists/{body.id}")


@get(
    "/",
    operation_id="list_lists",
    operation_class=Querying,
    responses=problems(*QUERY, 410, 504),
)
async def list_lists(
    request: AnnalsRequest,
    archived: Annotated[
        bool | None,
        QueryParameter(description="Only archived lists, or only others; by default both"),
    ] = None,
    count: Annotated[bool, QueryParameter(description="Count the tasks of each list")] = False,
) -> Answer[AllLists]:
    """List your lists, in the order of their positions."""
    await wait_for_view(request, "lists")
    queries, account = request.parts.queries, request.account_id
    rows = await queries.run(of_owner, account, archived=archived)
    counts = {}
    if count:
        await wait_for_view(request, "task_list")
        counts = {row.id: TaskCount(list_id=row.id, open_tasks=0, tasks=0) for row in rows} | {
            each.list_id: each
            for each in await queries.run(count_tasks, account, [row.id for row in rows])
        }
    return Answer(AllLists(items=[counted(row, counts.get(row.id)) for row in rows]))


@get(
    "/{list_id:uuid}",
    operation_id="get_list",
    operation_class=Reading,
    responses=problems(*QUERY),
    response_headers=VERSIONED,
)
async def get_list(list_id: FromPath[UUID], request: AnnalsRequest) -> Response[ListBody]:
    """Get a list from the log: always up to date."""
    receipt = await read(request, ListStream(list_id=ListId(list_id)))
    if receipt.state.deleted_at is not None:
        raise ListNotFound(list_id)
    return respond_if_changed(request, body_of(receipt.state), receipt)


@changing(patch, "/{list_id:uuid}", "change_list", dto=Body)
async def change_list(
    list_id: FromPath[UUID], data: JSONBody[ListChange], request: AnnalsRequest
) -> Response[ListBody]:
    """Rename a list, or move it among your lists by another `position`."""
    command = ChangeList(list_id=ListId(list_id), **data.given())
    return await _change(request, command)


@changing(post, "/{list_id:uuid}/archive", "archive_list")
async def archive_list(list_id: FromPath[UUID], request: AnnalsRequest) -> Response[ListBody]:
    """Archive a list: it takes no new tasks. Occurrences of its series are created all the
    same."""
    return await _change(request, ArchiveList(list_id=ListId(list_id)))


@changing(post, "/{list_id:uuid}/unarchive", "unarchive_list")
async def unarchive_list(list_id: FromPath[UUID], request: AnnalsRequest) -> Response[ListBody]:
    """Unarchive a list: it takes tasks again."""
    return await _change(request, UnarchiveList(list_id=ListId(list_id)))


LISTS = Router(
    "/lists",
    route_handlers=[
        create_list,
        list_lists,
        get_list,
        change_list,
        delete_list,
        archive_list,
        unarchive_list,
    ],
    before_request=check_request,
    tags=["Lists"],
)
