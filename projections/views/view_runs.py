"""Every run: one row per rebuild or verification of a view that was requested over the API."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, assert_never, cast, get_args
from uuid import UUID

from msgspec.structs import replace
from psycopg import AsyncConnection

from domain.events.event import Event
from domain.events.operations import (
    RowDifference,
    ViewRunCancelled,
    ViewRunEnded,
    ViewRunEvent,
    ViewRunRequested,
    ViewRunStarted,
)
from domain.events.recorded import Recorded
from domain.record import Record
from domain.vocabulary import AccountId, RunKind, RunOutcome
from projections.rows import AFTER_ALL, RowPosition, columns, fetch
from projections.view import Key


class ViewRunRow(Record):
    """`started_at` is the latest start, `starts` counts all; `cancelled_at` is when somebody wished
    the run to stop."""

    id: UUID
    view: str
    kind: RunKind
    requested_by: AccountId
    requested_at: datetime
    started_at: datetime | None = None
    starts: int = 0
    cancelled_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: RunOutcome | None = None
    position: int | None = None
    rows: int | None = None
    different: int = 0
    parked: int = 0
    differences: tuple[RowDifference, ...] = ()
    error: str | None = None
    version: int = 0


class ViewRuns:
    name: ClassVar[str] = "view_runs"
    row: ClassVar[type[Record]] = ViewRunRow
    identity: ClassVar[tuple[str, ...]] = ("id",)
    listens_to: ClassVar[tuple[type[Event], ...]] = get_args(ViewRunEvent)
    append_only: ClassVar[bool] = False
    spans_streams: ClassVar[bool] = False

    def key(self, recorded: Recorded) -> Key:
        return (recorded.originator_id,)

    def evolve(self, row: ViewRunRow | None, recorded: Recorded) -> ViewRunRow | None:
        event, at = cast(ViewRunEvent, recorded.event), recorded.recorded_at
        if isinstance(event, ViewRunRequested):
            return ViewRunRow(
                id=recorded.originator_id,
                view=event.view,
                kind=event.kind,
                requested_by=event.requested_by,
                requested_at=at,
                version=recorded.originator_version,
            )
        if row is None:
            return None  # the request was set aside: there is nothing to change
        now = replace(row, version=recorded.originator_version)
        match event:
            case ViewRunStarted():
                return replace(now, started_at=at, starts=row.starts + 1)
            case ViewRunCancelled():
                return replace(now, cancelled_at=at)
            case ViewRunEnded():
                return replace(
                    now,
                    ended_at=at,
                    outcome=event.outcome,
                    position=event.position,
                    rows=event.rows,
                    different=event.different,
                    parked=event.parked,
                    differences=event.differences,
                    error=event.error,
                )
            case _:
                assert_never(event)


class RunProgress(Record):
    """How far a running run is: `done` of `total` in its present `phase`, which took so many
    `seconds` up to now. `silent_seconds` ago its process was last heard of."""

    phase: str
    done: int
    total: int
    seconds: float
    silent_seconds: float


class ListedRun(ViewRunRow):
    """A run, and its progress while a process carries it out."""

    progress: RunProgress | None = None


# The progress is no part of the view: it is not in the log, and it is gone when the run ends.
_SELECT = f"""
SELECT {columns(ViewRunRow)},
CASE WHEN ended_at IS NULL AND p.run IS NOT NULL THEN json_build_object(
    'phase', p.phase, 'done', p.done, 'total', p.total,
    'seconds', extract(epoch FROM p.updated_at - p.phase_began_at)::float8,
    'silent_seconds', greatest(0, extract(epoch FROM clock_timestamp() - p.updated_at))::float8
) END AS progress
FROM view_runs LEFT JOIN view_run_progress p ON p.run = id
"""  # noqa: S608 - columns are ours


async def latest(
    connection: AsyncConnection, *, beyond: RowPosition = AFTER_ALL, limit: int = 50
) -> Sequence[ListedRun]:
    """Return at most `limit` runs, the latest requested first, beyond a position."""
    return await fetch(
        connection,
        ListedRun,
        f"{_SELECT} WHERE (requested_at, id) < (%s, %s)"
        " ORDER BY requested_at DESC, id DESC LIMIT %s",
        [*beyond, limit],
    )


async def by_id(connection: AsyncConnection, run: UUID) -> ListedRun | None:
    """Return a run, or None."""
    found = await fetch(connection, ListedRun, f"{_SELECT} WHERE id = %s", [run])
    return found[0] if found else None


async def next_open(connection: AsyncConnection) -> UUID | None:
    """Return the run to carry out next: the first requested of those that have not ended."""
    cursor = await connection.execute(
        "SELECT id FROM view_runs WHERE ended_at IS NULL ORDER BY requested_at, id LIMIT 1",
        prepare=True,
    )
    found = await cursor.fetchone()
    return found[0] if found else None
