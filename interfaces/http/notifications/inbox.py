"""The routes of the inbox: notifications inside Annals."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.params import FromPath, QueryParameter

from application.commands.notifications import MarkNotification, ReadInbox
from domain.record import Record
from domain.vocabulary import NotificationId
from interfaces.http.openapi.documentation import QUERY, Querying, changing, problems
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.execution import execute, respond
from interfaces.http.protocol.paging import Cursor, Limit, cursor_after, decode_position
from interfaces.http.protocol.parameters import check_request, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from projections.rows import AFTER_ALL
from projections.views.reminders import inbox
from projections.views.reminders.inbox import InboxEntry


class InboxPage(Record):
    items: Sequence[InboxEntry]
    unread: int
    next_cursor: str | None


class Marked(Record):
    id: NotificationId
    read: bool


class AllRead(Record):
    """All notifications up to now are read, except those marked unread later."""

    version: int


@get("/", operation_id="inbox", operation_class=Querying, responses=problems(*QUERY, 410, 504))
async def get_inbox(
    request: AnnalsRequest,
    unread: Annotated[bool, QueryParameter(description="Only unread notifications")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> InboxPage:
    """List your inbox, the newest first; `unread` counts all unread notifications."""
    account, search = request.account_id, f"inbox {unread}"
    await wait_for_view(request, "inbox")
    await wait_for_view(request, "inbox_marks")
    queries = request.parts.queries
    page = await queries.run(
        inbox.page,
        account,
        unread=unread,
        beyond=decode_position(cursor, search, AFTER_ALL),
        limit=limit,
    )
    return InboxPage(
        items=page.rows,
        unread=await queries.run(inbox.unread_count, account),
        next_cursor=cursor_after(search, [page.rows[-1].came_at, page.rows[-1].id])
        if page.more
        else None,
    )


async def _mark(request: AnnalsRequest, notification_id: UUID, *, read: bool) -> Answer[Marked]:
    command = MarkNotification(notification_id=NotificationId(notification_id), read=read)
    receipt = await execute(request, command)
    return respond(Marked(id=command.notification_id, read=receipt.state.read), receipt)


@changing(post, "/{notification_id:uuid}/read", "mark_read")
async def mark_read(notification_id: FromPath[UUID], request: AnnalsRequest) -> Answer[Marked]:
    """Mark a notification as read."""
    return await _mark(request, notification_id, read=True)


@changing(post, "/{notification_id:uuid}/unread", "mark_unread")
async def mark_unread(notification_id: FromPath[UUID], request: AnnalsRequest) -> Answer[Marked]:
    """Mark a notification as unread."""
    return await _mark(request, notification_id, read=False)


@changing(post, "/read-all", "mark_all_read")
async def mark_all_read(request: AnnalsRequest) -> Answer[AllRead]:
    """Mark all notifications as read."""
    receipt = await execute(request, ReadInbox(account_id=request.account_id))
    return respond(AllRead(version=receipt.version), receipt)


INBOX = Router(
    "/inbox",
    route_handlers=[get_inbox, mark_read, mark_unread, mark_all_read],
    before_request=check_request,
    tags=["Notifications"],
)
