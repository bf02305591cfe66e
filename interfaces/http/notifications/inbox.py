"""The inbox: what you are told in Annals itself."""

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
from interfaces.http.protocol.authentication import service
from interfaces.http.protocol.execution import answer, carry_out
from interfaces.http.protocol.paging import LAST, Cursor, Limit, next_cursor, place
from interfaces.http.protocol.parameters import admit, caught_up
from interfaces.http.protocol.request import Asking
from projections.views import inbox
from projections.views.inbox import Entry


class InboxPage(Record):
    items: Sequence[Entry]
    unread: int
    next_cursor: str | None


class Marked(Record):
    id: NotificationId
    read: bool


class AllRead(Record):
    """Everything that had come by then counts as read, but for what is marked unread later."""

    version: int


@get("/", operation_id="inbox", operation_class=Querying, responses=problems(*QUERY, 504))
async def get_inbox(
    request: Asking,
    unread: Annotated[bool, QueryParameter(description="Only what was not read yet")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> InboxPage:
    """Read your inbox, the newest first; `unread` counts all that was not read."""
    account, search = request.scope["auth"].account_id, f"inbox {unread}"
    await caught_up(request, "inbox")
    await caught_up(request, "inbox_marks")
    here = service(request)
    entries = await here.ask(
        inbox.page, account, unread=unread, beyond=place(cursor, search, LAST), limit=limit
    )
    return InboxPage(
        items=entries,
        unread=await here.ask(inbox.unread_count, account),
        next_cursor=next_cursor(search, limit, [(each.came_at, each.id) for each in entries]),
    )


async def _mark(request: Asking, notification_id: UUID, *, read: bool) -> Answer[Marked]:
    command = MarkNotification(notification_id=NotificationId(notification_id), read=read)
    receipt = await carry_out(request, command)
    return answer(Marked(id=command.notification_id, read=receipt.state.read), receipt)


@changing(post, "/{notification_id:uuid}/read", "mark_read")
async def mark_read(notification_id: FromPath[UUID], request: Asking) -> Answer[Marked]:
    """Say that you have seen it."""
    return await _mark(request, notification_id, read=True)


@changing(post, "/{notification_id:uuid}/unread", "mark_unread")
async def mark_unread(notification_id: FromPath[UUID], request: Asking) -> Answer[Marked]:
    """Let it look new again."""
    return await _mark(request, notification_id, read=False)


@changing(post, "/read-all", "mark_all_read")
async def mark_all_read(request: Asking) -> Answer[AllRead]:
    """Say that you have seen all there is."""
    receipt = await carry_out(request, ReadInbox(account_id=request.scope["auth"].account_id))
    return answer(AllRead(version=receipt.version), receipt)


INBOX = Router(
    "/inbox",
    route_handlers=[get_inbox, mark_read, mark_unread, mark_all_read],
    before_request=admit,
    tags=["Notifications"],
    security=[{"bearer": []}],
)
