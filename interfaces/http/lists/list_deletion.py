"""Deletes a list, and asks what becomes of its tasks."""

from typing import Annotated
from uuid import UUID

from litestar import Response, delete
from litestar.params import FromPath, QueryParameter

from application.commands.lists import DeleteList, ListStream
from domain.vocabulary import ListId, ListTasks
from interfaces.http.lists.list_bodies import ListBody, body_of
from interfaces.http.openapi.documentation import changing
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.execution import execute, read, respond
from interfaces.http.protocol.parameters import wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from projections.views.tasks.lists import count_tasks


@changing(delete, "/{list_id:uuid}", "delete_list", refusals=(410, 504))
async def delete_list(
    list_id: FromPath[UUID],
    request: AnnalsRequest,
    tasks: Annotated[
        ListTasks | None,
        QueryParameter(
            description="What becomes of its tasks: they are in no list, are deleted, or move to"
            " the list `to`. Can be left out if the list has no task"
        ),
    ] = None,
    to: Annotated[UUID | None, QueryParameter(description="The list that takes the tasks")] = None,
) -> Response[ListBody]:
    """Delete a list. It takes no new tasks from then on; its tasks follow within moments. With
    `tasks=delete` its series end, too."""
    target = None if to is None else ListId(to)
    if tasks is None:
        await _refuse_unless_empty(request, list_id)
    command = DeleteList(list_id=ListId(list_id), tasks=tasks or ListTasks.KEEP, to=target)
    receipt = await execute(request, command)
    return respond(body_of(receipt.state), receipt)


async def _refuse_unless_empty(request: AnnalsRequest, list_id: UUID) -> None:
    """Refuse to delete a list that has tasks.

    Raises:
        HttpProblem: 409, it has some; the detail says how many.
        ListNotFound: there is no such list.
    """
    known = await read(request, ListStream(list_id=ListId(list_id)))
    if known.state.deleted_at is not None:
        return  # deleting it again changes nothing
    await wait_for_view(request, "task_list")
    for found in await request.parts.queries.run(count_tasks, request.account_id, [list_id]):
        raise HttpProblem(
            "list-not-empty",
            f"The list has {found.tasks} tasks. Say what becomes of them: ?tasks=keep (they are in"
            " no list), ?tasks=delete, or ?tasks=move&to=ID of another list.",
        )
