"""When each reminder is due next: one row per reminder, whether or not it is still pending."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, assert_never, cast, get_args
from uuid import UUID

from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.events.reminders import (
    ReminderCancelled,
    ReminderEvent,
    ReminderMissed,
    ReminderRearmed,
    ReminderRestored,
    ReminderSet,
    ReminderSnoozed,
    ReminderTriggered,
    ReminderWithdrawn,
)
from domain.record import Record
from domain.vocabulary import AccountId, ReminderId, ReminderState, TaskId
from projections.rows import RowPosition, columns, fetch, fetch_one
from projections.view import Key


class DueReminder(Record):
    """`due_at` is null when the reminder is not pending: it was sent, missed or cancelled."""

    id: ReminderId
    task_id: TaskId
    owner: AccountId
    due_at: datetime | None


class DueReminders:
    name: ClassVar[str] = "due_reminders"
    row: ClassVar[type[Record]] = DueReminder
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = get_args(ReminderEvent)
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        return (cast(ReminderEvent, recorded.event).reminder_id,)

    def evolve(self, row: DueReminder | None, recorded: Recorded) -> DueReminder | None:
        event = cast(ReminderEvent, recorded.event)
        if isinstance(event, ReminderSet):
            return DueReminder(
                id=event.reminder_id,
                task_id=TaskId(recorded.originator_id),
                owner=event.owner,
                due_at=event.due_at,
            )
        if row is None or isinstance(event, ReminderWithdrawn):
            return None
        return replace(row, due_at=_due_at(event))


def _due_at(event: ReminderEvent) -> datetime | None:
    match event:
        case ReminderSet(due_at=due_at) | ReminderRearmed(due_at=due_at):
            return due_at
        case ReminderSnoozed(until=until):
            return until
        case ReminderTriggered(next_at=next_at) | ReminderMissed(next_at=next_at):
            return next_at
        case ReminderRestored(due_at=due_at, state=state):
            return due_at if state is ReminderState.PENDING else None
        case ReminderCancelled() | ReminderWithdrawn():
            return None
        case _:
            assert_never(event)


_SELECT = f"SELECT {columns(DueReminder)} FROM due_reminders"  # noqa: S608 - columns are ours


async def by_id(connection: AsyncConnection, reminder_id: UUID) -> DueReminder | None:
    """Return the reminder, whichever account owns it, or None."""
    return await fetch_one(
        connection, DueReminder, f"{_SELECT} WHERE id = %s", [reminder_id], prepare=True
    )


async def next_moment(connection: AsyncConnection, beyond: datetime) -> datetime | None:
    """Return the first moment later than `beyond` at which a reminder is due, or None."""
    cursor = await connection.execute(
        "SELECT due_at FROM due_reminders WHERE due_at > %s ORDER BY due_at LIMIT 1",
        (beyond,),
        prepare=True,
    )
    found = await cursor.fetchone()
    return found[0] if found else None


async def count_overdue(connection: AsyncConnection, now: datetime) -> int:
    """Return the number of reminders that are due by `now` and still pending."""
    cursor = await connection.execute(
        "SELECT count(*) FROM due_reminders WHERE due_at <= %s", (now,)
    )
    found = await cursor.fetchone()
    return int(found[0]) if found else 0


async def due(
    connection: AsyncConnection, now: datetime, *, beyond: RowPosition, limit: int
) -> Sequence[DueReminder]:
    """Return at most `limit` reminders due by `now`, the earliest first, beyond a position."""
    return await fetch(
        connection,
        DueReminder,
        f"{_SELECT} WHERE due_at <= %s AND (due_at, id) > (%s, %s) ORDER BY due_at, id LIMIT %s",
        [now, *beyond, limit],
        prepare=True,
    )


async def of_owner(
    connection: AsyncConnection,
    owner: UUID,
    *,
    before: datetime,
    beyond: RowPosition,
    limit: int,
) -> Sequence[DueReminder]:
    """Return at most `limit` reminders of an account due earlier than `before`, the earliest
    first, beyond a position."""
    return await fetch(
        connection,
        DueReminder,
        f"{_SELECT} WHERE owner = %s AND due_at < %s AND (due_at, id) > (%s, %s)"
        " ORDER BY due_at, id LIMIT %s",
        [owner, before, *beyond, limit],
        prepare=True,
    )


async def count_pending(connection: AsyncConnection, owner: UUID, *, most: int) -> int:
    """Return how many pending reminders the owner has, or `most` if there are more."""
    cursor = await connection.execute(
        "SELECT count(*) FROM ("
        " SELECT FROM due_reminders WHERE owner = %s AND due_at IS NOT NULL LIMIT %s) few",
        (owner, most),
        prepare=True,
    )
    [(found,)] = await cursor.fetchall()
    return int(found)
