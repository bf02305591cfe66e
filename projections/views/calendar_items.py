"""What a calendar of one owner shows: tasks that are due, with reminders, and series that go on."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg import AsyncConnection

from domain.record import Record
from projections.rows import columns, fetch
from projections.views.reminders.due_reminders import DueReminder
from projections.views.tasks.series_list import SeriesRow
from projections.views.tasks.task_list import TaskRow

# As in the index of the table: a day ends at midnight in UTC.
_DUE = (
    "coalesce(due_at, ((due_on + 1)::timestamp - interval '1 microsecond') AT TIME ZONE 'UTC',"
    " 'infinity'::timestamptz)"
)
MAX_SERIES = 200


class CalendarItems(Record):
    """Tasks in the order in which they are due, and their pending reminders."""

    tasks: Sequence[TaskRow]
    reminders: Sequence[DueReminder]


async def last_change(connection: AsyncConnection, owner: UUID) -> int:
    """Return the position of the latest change of the owner's data, 0 if there is none."""
    cursor = await connection.execute(
        "SELECT position FROM history WHERE owner = %s ORDER BY position DESC LIMIT 1",
        (owner,),
        prepare=True,
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def open_series(connection: AsyncConnection, owner: UUID) -> Sequence[SeriesRow]:
    """Return the latest series of the owner that go on, at most 200."""
    return await fetch(
        connection,
        SeriesRow,
        f"SELECT {columns(SeriesRow)} FROM series_list"  # noqa: S608 - columns are ours
        " WHERE owner = %s AND ended_at IS NULL ORDER BY started_at DESC, id DESC LIMIT %s",
        [owner, MAX_SERIES],
    )


async def items(
    connection: AsyncConnection, owner: UUID, *, after: datetime, before: datetime, most: int
) -> CalendarItems:
    """Return at most `most` open and completed tasks that are due between two instants."""
    tasks = await fetch(
        connection,
        TaskRow,
        f"SELECT {columns(TaskRow)} FROM task_list"  # noqa: S608 - columns are ours
        f" WHERE owner = %s AND status IN ('open', 'completed') AND {_DUE} >= %s AND {_DUE} < %s"
        f" ORDER BY {_DUE}, id LIMIT %s",
        [owner, after, before, most],
    )
    reminders = await fetch(
        connection,
        DueReminder,
        f"SELECT {columns(DueReminder)} FROM due_reminders"  # noqa: S608 - columns are ours
        " WHERE owner = %s AND due_at IS NOT NULL AND due_at < %s ORDER BY due_at, id LIMIT %s",
        [owner, before, most],
    )
    return CalendarItems(tasks=tasks, reminders=reminders)
