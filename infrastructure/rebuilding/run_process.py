"""Rebuilds or verifies a view in a process of its own, beside the process that follows the log."""

import asyncio
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeAlias

import msgspec
import psycopg

from domain.events.operations import RowDifference, ViewRunEnded
from domain.record import Record
from domain.vocabulary import RunKind, RunOutcome
from infrastructure.rebuilding.bulk_fold import end_with_parent
from infrastructure.rebuilding.rebuild import TableBusy, rebuild
from infrastructure.rebuilding.shadow_fill import Progress
from infrastructure.rebuilding.shadow_table import RebuildInProgress
from infrastructure.rebuilding.verification import Difference, verify
from infrastructure.store.event_log import EventLog
from infrastructure.store.mapper import RecordMapper
from projections.catalogue import UnknownView, view_named

LOOK_AGAIN_SECONDS = 1.0  # while another process rebuilds or verifies the view
END_SECONDS = 10.0  # in which a process that was asked to end drops what it has begun


class Assignment(Record):
    """What the process does: rebuild or verify `view` with so many `workers`."""

    url: str
    view: str
    kind: RunKind
    workers: int


class RunStep(Record):
    """How far the process is: `done` of `total` in this phase."""

    phase: str
    done: int
    total: int


class Crash(Record):
    """An error that the process did not expect: its type, and where it happened. `database_lost`:
    it is worth another try."""

    error: str
    traceback: str
    database_lost: bool = False


Message: TypeAlias = RunStep | ViewRunEnded | Crash


class RunProcess:
    """A new process with an assignment. It ends with the process that started it."""

    def __init__(self, assignment: Assignment) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._receiver, sender = spawning.Pipe(duplex=False)
        self._process = spawning.Process(target=_main, args=(sender, assignment))
        self._process.start()
        sender.close()

    async def result(self, advanced: Callable[[RunStep], None]) -> ViewRunEnded | Crash | None:
        """Return how the run ended; None: the process was stopped or killed before that, and the
        view is as it was. `advanced` gets each step."""
        while isinstance(message := await asyncio.to_thread(self._received), RunStep):
            advanced(message)
        return message

    def stop(self) -> None:
        """Ask the process to end. A view that it has swapped in already stays."""
        self._process.terminate()

    async def close(self) -> None:
        """End the process, and return when it has dropped what it has begun."""
        await asyncio.to_thread(self._end)

    def _received(self) -> Message | None:
        try:
            message: Message = self._receiver.recv()
        except (EOFError, OSError):
            return None  # the process has ended
        return message

    def _end(self) -> None:
        self._process.terminate()
        self._process.join(END_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _main(sender: Connection, assignment: Assignment) -> None:
    """Run in the new process."""
    end_with_parent(os.getppid())
    result: Message | None = None
    try:
        result = asyncio.run(_perform(sender, assignment))
    except (asyncio.CancelledError, KeyboardInterrupt):
        pass  # it was asked to end
    except (TableBusy, UnknownView) as refusal:
        result = ViewRunEnded(outcome=RunOutcome.FAILED, error=str(refusal))
    except Exception as error:
        result = Crash(
            error=type(error).__name__,
            traceback=traceback.format_exc(),
            database_lost=isinstance(error, psycopg.OperationalError | psycopg.InterfaceError),
        )
    if result is not None:
        sender.send(result)
    # The end of a process waits for its workers, and these may wait for work that does not come.
    for worker in multiprocessing.active_children():
        worker.terminate()


async def _perform(sender: Connection, assignment: Assignment) -> ViewRunEnded:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)

    def progress(phase: str, done: int, of: int) -> None:
        sender.send(RunStep(phase=phase, done=done, total=of))

    act = _rebuilt if assignment.kind is RunKind.REBUILD else _verified
    while True:
        try:
            return await act(assignment, progress)
        except RebuildInProgress:
            progress("waiting", 0, 0)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _rebuilt(assignment: Assignment, progress: Progress) -> ViewRunEnded:
    view, log = view_named(assignment.view), EventLog(RecordMapper())
    result = await rebuild(assignment.url, view, log, workers=assignment.workers, progress=progress)
    parked = sum(event.discarded_at is None for event in result.parked)
    return ViewRunEnded(outcome=RunOutcome.SUCCEEDED, position=result.position, parked=parked)


async def _verified(assignment: Assignment, progress: Progress) -> ViewRunEnded:
    view, log = view_named(assignment.view), EventLog(RecordMapper())
    result = await verify(assignment.url, view, log, workers=assignment.workers, progress=progress)
    return ViewRunEnded(
        outcome=RunOutcome.SUCCEEDED,
        position=result.position,
        rows=result.rows,
        different=result.different,
        parked=len(result.failures),
        differences=tuple(map(_without_contents, result.differences)),
    )


def _without_contents(difference: Difference) -> RowDifference:
    """Return which columns differ, and not how: the contents belong to the accounts."""
    if difference.table is None or difference.log is None:
        missing_in = "table" if difference.table is None else "log"
        return RowDifference(key=difference.key, missing_in=missing_in)
    ours, theirs = _columns(difference.table), _columns(difference.log)
    columns = tuple(name for name in ours if bytes(ours[name]) != bytes(theirs.get(name, b"")))
    return RowDifference(key=difference.key, columns=columns)


def _columns(row: str) -> dict[str, msgspec.Raw]:
    return msgspec.json.decode(row, type=dict[str, msgspec.Raw])
