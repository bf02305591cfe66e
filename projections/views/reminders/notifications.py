"""Every notification and how its delivery went: one row per notification."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, assert_never, cast, get_args
from uuid import UUID

from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.notifications import (
    NotificationDeadLettered,
    NotificationDiscarded,
    NotificationEvent,
    NotificationFailed,
    NotificationRead,
    NotificationRequested,
    NotificationRetried,
    NotificationSent,
    NotificationSuppressed,
    NotificationUnread,
)
from domain.events.recorded import Recorded
from domain.record import Record
from domain.values.delivery_reason import DeliveryReason
from domain.vocabulary import (
    AccountId,
    ChannelName,
    EndpointId,
    NotificationId,
    ReminderId,
    TaskId,
)
from projections.rows import FetchedPage, RowPosition, columns, fetch, fetch_page
from projections.view import Key


class NotificationRow(Record):
    """`state` is pending, sent, suppressed, dead or discarded; `attempt_at` is when the next
    attempt of a pending notification is due, `reason` why the last attempt failed or there was
    none."""

    id: NotificationId
    account: AccountId
    channel: ChannelName
    endpoint_id: EndpointId | None
    kind: str
    task_id: TaskId | None
    reminder_id: ReminderId | None
    digest_id: NotificationId | None
    title: str
    state: str
    attempts: int
    attempt_at: datetime | None
    reason: str
    requested_at: datetime
    settled_at: datetime | None


class ListedState(StrEnum):
    """The state of a notification for its account. A `failed` notification is attempted again, a
    `dead` one is not."""

    REQUESTED = "requested"
    SENT = "sent"
    FAILED = "failed"
    DEAD = "dead"
    DISCARDED = "discarded"
    SUPPRESSED = "suppressed"


_LISTED: Mapping[ListedState, str] = {
    ListedState.REQUESTED: "state = 'pending' AND attempts = 0",
    ListedState.FAILED: "state = 'pending' AND attempts > 0",
    ListedState.SENT: "state = 'sent'",
    ListedState.DEAD: "state = 'dead'",
    ListedState.DISCARDED: "state = 'discarded'",
    ListedState.SUPPRESSED: "state = 'suppressed'",
}


class Notifications:
    name: ClassVar[str] = "notifications"
    row: ClassVar[type[Record]] = NotificationRow
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = tuple(
        event
        for event in get_args(NotificationEvent)
        if event not in {NotificationRead, NotificationUnread}
    )
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        return (recorded.originator_id,)

    def evolve(self, row: NotificationRow | None, recorded: Recorded) -> NotificationRow | None:
        event = cast(NotificationEvent, recorded.event)
        if isinstance(event, NotificationRequested):
            return _requested(event, recorded)
        return None if row is None else replace(row, **_changed(event, recorded.recorded_at))


def _requested(event: NotificationRequested, recorded: Recorded) -> NotificationRow:
    at = recorded.recorded_at
    state = "pending"
    if event.digest_id is not None:
        state = "suppressed"
    elif event.channel is ChannelName.IN_APP:
        state = "sent"  # the view inbox shows it, from the same event
    pending = state == "pending"
    return NotificationRow(
        id=NotificationId(recorded.originator_id),
        account=event.account_id,
        channel=event.channel,
        endpoint_id=event.endpoint_id,
        kind=event.kind,
        task_id=event.task_id,
        reminder_id=event.reminder_id,
        digest_id=NotificationId(event.digest_id) if event.digest_id else None,
        title=event.title,
        state=state,
        attempts=0,
        attempt_at=(event.not_before or at) if pending else None,
        reason=DeliveryReason.DIGEST if event.digest_id else "",
        requested_at=at,
        settled_at=None if pending else at,
    )


def _changed(event: NotificationEvent, at: datetime) -> dict[str, Any]:
    """Return the fields that `event` changes, with their new values."""
    settled = {"attempt_at": None, "settled_at": at}
    match event:
        case NotificationSent(attempt=attempt):
            return settled | {"state": "sent", "attempts": attempt, "reason": ""}
        case NotificationFailed(attempt=attempt, reason=reason, retry_at=retry_at):
            return {"attempts": attempt, "reason": reason, "attempt_at": retry_at}
        case NotificationDeadLettered(reason=reason):
            return settled | {"state": "dead", "reason": reason}
        case NotificationSuppressed(why=why):
            return settled | {"state": "suppressed", "reason": why}
        case NotificationRetried():
            return {"state": "pending", "attempts": 0, "attempt_at": at, "settled_at": None}
        case NotificationDiscarded():
            return {"state": "discarded", "settled_at": at}
        case NotificationRequested() | NotificationRead() | NotificationUnread():
            return {}
        case _:
            assert_never(event)


_SELECT = f"SELECT {columns(NotificationRow)} FROM notifications"  # noqa: S608 - columns are ours


class Backlog(Record):
    """How many notifications are pending, when the first was due, and how many are dead."""

    pending: int
    oldest: datetime | None
    dead_letters: int


async def backlog(connection: AsyncConnection, now: datetime) -> Backlog:
    """Return the backlog at `now`; `oldest` leaves out notifications that are not due yet."""
    cursor = await connection.execute(
        "SELECT (SELECT count(*) FROM notifications WHERE state = 'pending'),"
        " (SELECT min(attempt_at) FROM notifications WHERE state = 'pending' AND attempt_at <= %s),"
        " (SELECT count(*) FROM notifications WHERE state = 'dead')",
        (now,),
    )
    pending, oldest, dead = await cursor.fetchone() or (0, None, 0)
    return Backlog(pending=pending, oldest=oldest, dead_letters=dead)


async def by_id(connection: AsyncConnection, notification_id: UUID) -> NotificationRow | None:
    """Return the notification, whichever account it is for, or None."""
    found = await _find(connection, "WHERE id = %s", notification_id)
    return found[0] if found else None


async def of_reminder(connection: AsyncConnection, reminder_id: UUID) -> Sequence[NotificationRow]:
    """Return the notifications requested because of one reminder, the earliest first."""
    return await _find(connection, "WHERE reminder_id = %s ORDER BY requested_at, id", reminder_id)


class NotificationFilter(Record):
    """Which notifications of an account are listed: all, or those that match what is given."""

    channel: ChannelName | None = None
    state: ListedState | None = None
    task_id: UUID | None = None


async def of_account(
    connection: AsyncConnection,
    account: UUID,
    wanted: NotificationFilter,
    *,
    beyond: RowPosition,
    limit: int,
) -> FetchedPage[NotificationRow]:
    """Return a page of at most `limit` notifications, the newest first, beyond a position."""
    conditions, values = ["account = %s", "(requested_at, id) < (%s, %s)"], [account, *beyond]
    if wanted.channel is not None:
        conditions.append("channel = %s")
        values.append(wanted.channel)
    if wanted.task_id is not None:
        conditions.append("task_id = %s")
        values.append(wanted.task_id)
    if wanted.state is not None:
        conditions.append(_LISTED[wanted.state])
    return await fetch_page(
        connection,
        NotificationRow,
        f"{_SELECT} WHERE {' AND '.join(conditions)} ORDER BY requested_at DESC, id DESC LIMIT %s",
        [*values, limit + 1],
        limit=limit,
    )


def listed_state(row: NotificationRow) -> ListedState:
    """Return the state of a notification as people see it."""
    if row.state == "pending":
        return ListedState.FAILED if row.attempts else ListedState.REQUESTED
    return ListedState(row.state)


async def in_digest(connection: AsyncConnection, digest_id: UUID) -> Sequence[NotificationRow]:
    """Return the first 200 notifications of one digest, the earliest first."""
    return await _find(
        connection, "WHERE digest_id = %s ORDER BY requested_at, id LIMIT 200", digest_id
    )


async def dead(
    connection: AsyncConnection, *, beyond: RowPosition, limit: int
) -> Sequence[NotificationRow]:
    """Return at most `limit` dead letters, the earliest given up first, beyond a position."""
    return await _find(
        connection,
        "WHERE state = 'dead' AND (settled_at, id) > (%s, %s) ORDER BY settled_at, id LIMIT %s",
        *beyond,
        limit,
    )


async def due_for_attempt(
    connection: AsyncConnection, *, beyond: RowPosition, until: datetime, limit: int
) -> Sequence[NotificationRow]:
    """Return at most `limit` pending notifications whose next attempt is due by `until`, the
    earliest first, beyond a position."""
    return await _find(
        connection,
        "WHERE state = 'pending' AND (attempt_at, id) > (%s, %s) AND attempt_at <= %s"
        " ORDER BY attempt_at, id LIMIT %s",
        *beyond,
        until,
        limit,
    )


async def _find(
    connection: AsyncConnection, condition: str, *values: UUID | datetime | int
) -> list[NotificationRow]:
    return await fetch(connection, NotificationRow, f"{_SELECT} {condition}", values, prepare=True)
