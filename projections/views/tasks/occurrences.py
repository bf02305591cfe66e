"""Every occurrence of every series, and its state: one row per occurrence."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.occurrences import (
    TaskMadeRecurring,
    TaskMadeSingle,
    TaskOccurrenceGenerated,
    TaskSkipped,
    TaskUnskipped,
)
from domain.events.recorded import Recorded
from domain.events.series import SeriesOccurrenceMissed
from domain.events.tasks import (
    TaskCompleted,
    TaskDeleted,
    TaskReopened,
    TaskRescheduled,
    TaskRestored,
)
from domain.record import Record
from domain.vocabulary import SeriesId, TaskId
from projections.rows import RowPosition, columns, fetch
from projections.view import Key


class OccurrenceState(StrEnum):
    OPEN = "open"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    DELETED = "deleted"
    MISSED = "missed"
    UPCOMING = "upcoming"


class OccurrenceRow(Record):
    """`occurrence` is a wall time, `resolved_at` its instant by the edition `tzdata` of the time
    zones, `due_at` when the task is due: the same, unless a person rescheduled it. An occurrence
    of a series of days has no instant; its task is due on a day (`due_on`)."""

    task_id: TaskId
    series_id: SeriesId
    occurrence: datetime
    due_at: datetime | None
    resolved_at: datetime | None
    tzdata: str
    completed_at: datetime | None = None
    skipped_at: datetime | None = None
    deleted_at: datetime | None = None
    missed_at: datetime | None = None
    due_on: date | None = None

    @property
    def state(self) -> OccurrenceState:
        if self.missed_at is not None:
            return OccurrenceState.MISSED
        if self.deleted_at is not None:
            return OccurrenceState.DELETED
        if self.completed_at is not None:
            return OccurrenceState.COMPLETED
        return OccurrenceState.OPEN if self.skipped_at is None else OccurrenceState.SKIPPED


class Occurrences:
    name: ClassVar[str] = "occurrences"
    row: ClassVar[type[Record]] = OccurrenceRow
    identity: ClassVar[tuple[str, ...]] = ("task_id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = (
        TaskOccurrenceGenerated,
        TaskMadeRecurring,
        TaskMadeSingle,
        TaskRescheduled,
        TaskCompleted,
        TaskReopened,
        TaskSkipped,
        TaskUnskipped,
        TaskDeleted,
        TaskRestored,
        SeriesOccurrenceMissed,
    )
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = True

    def key(self, recorded: Recorded) -> Key:
        if isinstance(recorded.event, SeriesOccurrenceMissed):
            return (recorded.event.task_id,)
        return (recorded.originator_id,)

    def evolve(self, row: OccurrenceRow | None, recorded: Recorded) -> OccurrenceRow | None:
        event, at = recorded.event, recorded.recorded_at
        match event:
            case TaskOccurrenceGenerated() | TaskMadeRecurring():
                return OccurrenceRow(
                    task_id=TaskId(recorded.originator_id),
                    series_id=event.series_id,
                    occurrence=event.occurrence,
                    due_at=row.due_at if row else event.due_at,
                    due_on=row.due_on if row else event.due_on,
                    resolved_at=event.due_at,
                    tzdata=event.tzdata,
                )
            case SeriesOccurrenceMissed():
                return OccurrenceRow(
                    task_id=event.task_id,
                    series_id=SeriesId(recorded.originator_id),
                    occurrence=event.occurrence,
                    due_at=event.due_at,
                    due_on=event.due_on,
                    resolved_at=event.due_at,
                    tzdata="",
                    missed_at=at,
                )
        if row is None:
            return None  # a task that does not recur
        match event:
            case TaskRescheduled(due_at=due_at, due_on=due_on, tzdata=tzdata):
                if tzdata is UNSET or due_at is None:
                    return replace(row, due_at=due_at, due_on=due_on)
                return replace(row, due_at=due_at, resolved_at=due_at, tzdata=tzdata)
            case TaskCompleted(completed_at=then):
                return replace(row, completed_at=at if then is UNSET else then)
            case TaskReopened():
                return replace(row, completed_at=None)
            case TaskSkipped(skipped_at=then):
                return replace(row, skipped_at=at if then is UNSET else then)
            case TaskUnskipped():
                return replace(row, skipped_at=None)
            case TaskDeleted(deleted_at=then):
                return replace(row, deleted_at=at if then is UNSET else then)
            case TaskRestored():
                return replace(row, deleted_at=None)
            case TaskMadeSingle():
                return None
        return row


_SELECT = f"SELECT {columns(OccurrenceRow)} FROM occurrences"  # noqa: S608 - columns are ours


async def of_series(
    connection: AsyncConnection, series_id: UUID, *, after: datetime | None, limit: int
) -> Sequence[OccurrenceRow]:
    """Return at most `limit` occurrences later than `after` (a wall time), the earliest first."""
    return await fetch(
        connection,
        OccurrenceRow,
        f"{_SELECT} WHERE series_id = %s"
        " AND (%s::timestamp IS NULL OR occurrence > %s::timestamp)"
        " ORDER BY occurrence, task_id LIMIT %s",
        [series_id, after, after, limit],
    )


class OutdatedTime(Record):
    """An open occurrence whose instant was computed with another edition of the time zones."""

    task_id: TaskId
    series_id: SeriesId
    occurrence: datetime
    timezone: str
    due_at: datetime


async def with_outdated_zones(
    connection: AsyncConnection,
    tzdata: str,
    *,
    beyond: datetime,
    after: RowPosition | None = None,
    limit: int = 1_000,
) -> Sequence[OutdatedTime]:
    """Return at most `limit` open occurrences of other editions than `tzdata`, the earliest first.

    Only those due later than the instant `beyond`, and not rescheduled by a person; `after` is
    the position of the last one seen.
    """
    return await fetch(
        connection,
        OutdatedTime,
        "SELECT o.task_id, o.series_id, o.occurrence, s.timezone, o.due_at"
        " FROM occurrences o JOIN series_list s ON s.id = o.series_id"
        " WHERE o.completed_at IS NULL AND o.skipped_at IS NULL AND o.deleted_at IS NULL"
        " AND o.missed_at IS NULL AND o.tzdata <> %(tzdata)s AND o.due_at = o.resolved_at"
        " AND o.resolved_at > %(beyond)s AND (%(at)s::timestamptz IS NULL"
        " OR (o.resolved_at, o.task_id) > (%(at)s, %(id)s::uuid))"
        " ORDER BY o.resolved_at, o.task_id LIMIT %(limit)s",
        {
            "tzdata": tzdata,
            "beyond": beyond,
            "at": after[0] if after else None,
            "id": after[1] if after else None,
            "limit": limit,
        },
    )
