"""The routes of changes: the list, newest first, one of them, and its undo."""

from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from interfaces.http.changes.change_bodies import (
    ChangeBody,
    ChangePage,
    change_bodies,
)
from interfaces.http.changes.finding import found_change, wait_for_views
from interfaces.http.changes.undo import undo
from interfaces.http.openapi.documentation import QUERY, Querying, problems
from interfaces.http.protocol.paging import Cursor, Limit, cursor_after, decode_cursor
from interfaces.http.protocol.parameters import check_request
from interfaces.http.protocol.request import AnnalsRequest
from projections.views.audit_trail import changes


@get(
    "/", operation_id="list_changes", operation_class=Querying, responses=problems(*QUERY, 410, 504)
)
async def list_changes(
    request: AnnalsRequest,
    task: Annotated[UUID | None, QueryParameter(description="Only changes of this task")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ChangePage:
    """List what you changed, the latest first, in words."""
    search = f"changes {task}"
    last = decode_cursor(cursor, search, int)
    await wait_for_views(request, *(("history",) if task else ()))
    page = await request.parts.queries.run(
        changes.page, request.account_id, task=task, before=last[0] if last else None, limit=limit
    )
    return ChangePage(
        items=await change_bodies(request, page.rows),
        next_cursor=cursor_after(search, [page.rows[-1].position]) if page.more else None,
    )


@get(
    "/{change_id:uuid}",
    operation_id="get_change",
    operation_class=Querying,
    responses=problems(*QUERY, 410, 504),
)
async def get_change(request: AnnalsRequest, change_id: FromPath[UUID]) -> ChangeBody:
    """Get a change: what it did, and whether it was undone."""
    await wait_for_views(request)
    [body] = await change_bodies(request, [await found_change(request, change_id)])
    return body


CHANGES = Router(
    "/changes",
    route_handlers=[list_changes, get_change, undo],
    before_request=check_request,
    tags=["Changes"],
)
