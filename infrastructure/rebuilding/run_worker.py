"""Carries out the runs that administrators request, one after another."""

import asyncio
import os
from datetime import UTC, datetime
from typing import NoReturn
from uuid import UUID, uuid4

import psycopg
import structlog
from psycopg import AsyncConnection

from application.command import Context
from application.command_handler import CommandHandler
from application.operations.view_runs import EndViewRun, StartViewRun
from application.ports.unavailable import Unavailable
from domain.events.operations import ViewRunEnded
from domain.operations.view_run import ViewRun
from domain.vocabulary import RunOutcome
from infrastructure.following.leadership import leadership
from infrastructure.postgres.connections import connect
from infrastructure.postgres.notifications import wait_for_notification
from infrastructure.postgres.outages import OUTAGE
from infrastructure.rebuilding.run_process import (
    END_SECONDS,
    Assignment,
    Crash,
    RunProcess,
    RunStep,
)
from projections.views import view_runs

log = structlog.get_logger()

NAME = "view runs"
CHANNEL = "annals_view_runs"
IDLE_SECONDS = 30.0  # between looks for runs, should a notification be lost
BEAT_SECONDS = 1.0  # between two updates of the progress
RETRY_SECONDS = 2.0  # after a failure, and until the view shows that a run has ended
MOST_WORKERS = 4  # processes that fold the log for a run

_SHOW = """
INSERT INTO view_run_progress (run, phase, done, total, phase_began_at, updated_at)
VALUES (%s, %s, %s, %s, clock_timestamp(), clock_timestamp())
ON CONFLICT (run) DO UPDATE SET phase = excluded.phase, done = excluded.done,
    total = excluded.total, updated_at = excluded.updated_at,
    phase_began_at = CASE WHEN view_run_progress.phase = excluded.phase
        THEN view_run_progress.phase_began_at ELSE excluded.phase_began_at END
"""


class RunWorker:
    """Takes the runs of the view `view_runs` that have not ended, the first requested first.

    Of several processes one does so, and another takes its place when it ends. A run whose process
    ended is started again: a rebuild or a verification changes nothing until its last transaction.
    """

    def __init__(self, url: str, commands: CommandHandler) -> None:
        self._url = url
        self._commands = commands
        self._workers = min(os.cpu_count() or 1, MOST_WORKERS)

    async def work(self) -> NoReturn:
        """Carry out runs until cancelled, whatever fails meanwhile."""
        while True:
            try:
                async with (
                    await connect(self._url, name="annals view runs") as connection,
                    leadership(self._url, connection, NAME),
                ):
                    await connection.execute(f"LISTEN {CHANNEL}")
                    await self._work(connection)
            except (Unavailable, psycopg.OperationalError, psycopg.InterfaceError, OSError) as lost:
                OUTAGE.lost(lost)
            except psycopg.errors.UndefinedTable as error:
                log.warning("table_missing", reader=NAME, error=str(error).splitlines()[0])
            except Exception:
                log.exception("view_runs_failed")
            await asyncio.sleep(RETRY_SECONDS)

    async def _work(self, connection: AsyncConnection) -> NoReturn:
        while True:
            run = await view_runs.next_open(connection)
            wait_seconds = IDLE_SECONDS
            if run is not None:
                # The view shows a moment later that the run has ended.
                wait_seconds = RETRY_SECONDS
                await self._carry_out(connection, run)
            await wait_for_notification(connection, timeout_seconds=wait_seconds)

    async def _carry_out(self, connection: AsyncConnection, run: UUID) -> None:
        started = await self._commands.handle(StartViewRun(run=run), _context())
        state = started.state
        if state.ended_at is not None or state.kind is None:
            return
        said = {"run": str(run), "view": state.view, "kind": str(state.kind)}
        log.info("view_run_started", **said, starts=state.starts)
        await connection.execute("DELETE FROM view_run_progress WHERE run <> %s", (run,))
        assignment = Assignment(
            url=self._url, view=state.view, kind=state.kind, workers=self._workers
        )
        ended = await self._watched(connection, run, assignment)
        if isinstance(ended, Crash):
            log.error("view_run_crashed", **said, error=ended.error, traceback=ended.traceback)
            if ended.database_lost:
                return  # the run is still open, and taken again
            error = f"{ended.error}: the log of `annals project` has the details."
            ended = ViewRunEnded(outcome=RunOutcome.FAILED, error=error)
        if ended is None:
            log.warning("view_run_interrupted", **said)
            return  # the same
        await self._commands.handle(EndViewRun(run=run, result=ended), _context())
        log.info("view_run_ended", **said, outcome=str(ended.outcome))
        await connection.execute("DELETE FROM view_run_progress WHERE run = %s", (run,))

    async def _watched(
        self, connection: AsyncConnection, run: UUID, assignment: Assignment
    ) -> ViewRunEnded | Crash | None:
        """Carry out a run, show its progress, and stop it when it is cancelled; return None if its
        process ended before the run."""
        step = RunStep(phase="starting", done=0, total=0)

        def advanced(latest: RunStep) -> None:
            nonlocal step
            step = latest

        process = RunProcess(assignment)
        result = asyncio.create_task(process.result(advanced))
        cancelled = False
        try:
            while not result.done():
                await connection.execute(_SHOW, (run, step.phase, step.done, step.total))
                state = await self._commands.current_state(ViewRun(), run)
                cancelled = state.cancelled_at is not None
                if cancelled:
                    process.stop()
                    await asyncio.wait([result], timeout=END_SECONDS)
                    break
                await asyncio.wait([result], timeout=BEAT_SECONDS)
        finally:
            await process.close()
            await asyncio.wait([result])
        ended = result.result()
        return ViewRunEnded(outcome=RunOutcome.CANCELLED) if ended is None and cancelled else ended


def _context() -> Context:
    return Context(actor="system:project", now=datetime.now(UTC), correlation_id=uuid4())
