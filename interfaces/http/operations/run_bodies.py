"""Bodies of the routes of runs."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.events.operations import RowDifference
from domain.record import Record
from domain.vocabulary import AccountId, RunKind
from projections.views.view_runs import ListedRun, RunProgress

COUNTING_EVENTS = "folding"  # the phase whose progress is counted in events


class RunState(StrEnum):
    """Whether a run waits, runs, or how it ended."""

    REQUESTED = "requested"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AcceptedRun(Record):
    """The run that was requested or cancelled. `GET /operations/runs/{id}` shows the rest."""

    id: UUID
    view: str
    kind: RunKind | None


class RunProgressBody(Record):
    """How far a running run is. `phase` is starting, waiting (for another process that rebuilds or
    verifies the view), folding, indexing, catching up or comparing; `done` of `total` counts
    events while it folds, and indexes while it creates them. `events_per_second` and
    `remaining_seconds` are estimates while it folds. `silent_seconds` ago its process was last
    heard of: more than a few mean that it has stopped, and another takes the run over."""

    phase: str
    done: int
    total: int
    events_per_second: float | None
    remaining_seconds: float | None
    silent_seconds: float


class RunBody(Record):
    """A run. Its result: `position` is the log position up to which it rebuilt or verified the
    view; of `rows` compared rows `different` differ from the log, and `differences` name the first
    of them with the columns that differ, or with the side (`table` or `log`) that misses the row;
    `parked` counts the events that the view fails to process. `error` says why it failed. `starts`
    above 1: its process ended, and another started it again."""

    id: UUID
    view: str
    kind: RunKind
    state: RunState
    requested_by: AccountId
    requested_at: datetime
    started_at: datetime | None
    starts: int
    cancelled_at: datetime | None
    ended_at: datetime | None
    progress: RunProgressBody | None
    position: int | None
    rows: int | None
    different: int
    parked: int
    differences: Sequence[RowDifference]
    error: str | None


class RunList(Record):
    items: Sequence[RunBody]
    next_cursor: str | None


def body_of(run: ListedRun) -> RunBody:
    return RunBody(
        id=run.id,
        view=run.view,
        kind=run.kind,
        state=_state(run),
        requested_by=run.requested_by,
        requested_at=run.requested_at,
        started_at=run.started_at,
        starts=run.starts,
        cancelled_at=run.cancelled_at,
        ended_at=run.ended_at,
        progress=None if run.progress is None else _progress(run.progress),
        position=run.position,
        rows=run.rows,
        different=run.different,
        parked=run.parked,
        differences=run.differences,
        error=run.error,
    )


def _state(run: ListedRun) -> RunState:
    if run.outcome is not None:
        return RunState(run.outcome)
    return RunState.RUNNING if run.starts else RunState.REQUESTED


def _progress(progress: RunProgress) -> RunProgressBody:
    rate = remaining = None
    if progress.phase == COUNTING_EVENTS and progress.done and progress.seconds:
        rate = progress.done / progress.seconds
        remaining = round((progress.total - progress.done) / rate, 1)
    return RunProgressBody(
        phase=progress.phase,
        done=progress.done,
        total=progress.total,
        events_per_second=None if rate is None else round(rate, 1),
        remaining_seconds=remaining,
        silent_seconds=round(progress.silent_seconds, 1),
    )
