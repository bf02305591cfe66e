"""The inbox of each account: one row per notification over the channel in_app."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.notifications import NotificationRead, NotificationRequested, NotificationUnread
from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId, ChannelName, NotificationId, ReminderId, TaskId
from projections.rows import FetchedPage, RowPosition, fetch_page
from projections.view import Key


class InboxRow(Record):
    """`read` is the last mark of this notification, made at `marked_at`. The notification is also
    read when the whole inbox was read after it came and was marked (view inbox_marks)."""

    id: NotificationId
    account: AccountId
    kind: str
    title: str
    text: str
    task_id: TaskId | None
    reminder_id: ReminderId | None
    due_at: datetime | None
    occurred_at: datetime
    came_at: datetime
    read: bool
    marked_at: datetime | None
    due_on: date | None = None


class Inbox:
    name: ClassVar[str] = "inbox"
    row: ClassVar[type[Record]] = InboxRow
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = (
        NotificationRequested,
        NotificationRead,
        NotificationUnread,
    )
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        return (recorded.originator_id,)

    def evolve(self, row: InboxRow | None, recorded: Recorded) -> InboxRow | None:
        event = recorded.event
        if isinstance(event, NotificationRequested):
            if event.channel is not ChannelName.IN_APP:
                return None
            return InboxRow(
                id=NotificationId(recorded.originator_id),
                account=event.account_id,
                kind=event.kind,
                title=event.title,
                text=event.text,
                task_id=event.task_id,
                reminder_id=event.reminder_id,
                due_at=event.due_at,
                due_on=event.due_on,
                occurred_at=event.occurred_at,
                came_at=recorded.recorded_at,
                read=False,
                marked_at=None,
            )
        if row is None or not isinstance(event, NotificationRead | NotificationUnread):
            return row
        marked_at = recorded.recorded_at if event.marked_at is UNSET else event.marked_at
        return replace(row, read=isinstance(event, NotificationRead), marked_at=marked_at)


class InboxEntry(Record):
    id: NotificationId
    kind: str
    title: str
    text: str
    task_id: TaskId | None
    reminder_id: ReminderId | None
    due_at: datetime | None
    due_on: date | None
    came_at: datetime
    read: bool


_READ = "(i.read OR coalesce(coalesce(i.marked_at, i.came_at) <= m.read_until, false))"
_FROM = "FROM inbox i LEFT JOIN inbox_marks m ON m.account = i.account"


async def page(
    connection: AsyncConnection,
    account: UUID,
    *,
    unread: bool,
    beyond: RowPosition,
    limit: int,
) -> FetchedPage[InboxEntry]:
    """Return a page of at most `limit` entries, the newest first, beyond a position."""
    only = f"AND NOT {_READ}" if unread else ""
    return await fetch_page(
        connection,
        InboxEntry,
        "SELECT i.id, i.kind, i.title, i.text, i.task_id, i.reminder_id, i.due_at,"
        " i.due_on, i.came_at,"
        f" {_READ} AS read {_FROM}"
        f" WHERE i.account = %s AND (i.came_at, i.id) < (%s, %s) {only}"
        " ORDER BY i.came_at DESC, i.id DESC LIMIT %s",
        [account, *beyond, limit + 1],
        limit=limit,
    )


async def unread_count(connection: AsyncConnection, account: UUID) -> int:
    """Return the number of unread notifications in the inbox of an account."""
    cursor = await connection.execute(
        f"SELECT count(*) {_FROM} WHERE i.account = %s AND NOT {_READ}",
        (account,),
    )
    found = await cursor.fetchone()
    return int(found[0]) if found else 0
