"""Group commit for threads: it runs on an event loop in a thread of its own."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from threading import Lock, Thread, current_thread
from typing import Any, TypeVar

from eventsourcing.persistence import IntegrityError, InterfaceError, OperationalError, StoredEvent

from application.ports.event_store import HistoryChanged
from application.ports.unavailable import Unavailable
from domain.errors import Conflict
from infrastructure.postgres.connections import DatabaseConnection, connect
from infrastructure.store.group_commit import GroupCommit

COMMIT_SECONDS = 30.0  # seconds: somebody else's application may save thousands of events at once
CLOSE_SECONDS = 5.0  # seconds

Result = TypeVar("Result")


class ThreadedCommits:
    """Appends of many threads that wait together commit together.

    The thread starts with the first append. `address` returns the connection string; it is
    asked anew for each connection, since passwords may change.
    """

    def __init__(self, address: Callable[[], str]) -> None:
        self._address = address
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._closed = False
        self.group_commit = GroupCommit(self._connect, timeout_seconds=COMMIT_SECONDS)

    def append(self, events: Sequence[StoredEvent]) -> Sequence[int]:
        """Record all of `events` or none; return their positions in the log, in order.

        Raises:
            IntegrityError: another append was recorded first at one of these versions, or an
                earlier version is missing.
            OperationalError: the database did not answer in time; whether it recorded the
                events is not known.
            InterfaceError: this was closed.
        """
        try:
            return self._submit(self.group_commit.append(events)).result()
        except Conflict as conflict:
            raise IntegrityError(str(conflict)) from conflict
        except HistoryChanged as gap:
            raise IntegrityError("An earlier version of a stream is missing.") from gap
        except Unavailable as error:
            raise OperationalError(str(error)) from error

    def log_has_grown(self) -> None:
        """Notify the readers of the log of what was recorded on another connection.

        They poll as well, so a recorder that is closed meanwhile has nothing to make up for.
        """

        async def notify() -> None:
            self.group_commit.notifier.log_has_grown()

        with contextlib.suppress(InterfaceError):
            self._submit(notify())

    def close(self) -> None:
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
        if loop is None or thread is None or not thread.is_alive():
            return
        closing = asyncio.run_coroutine_threadsafe(self._shut_down(), loop)
        # The collector of unused objects may come here on the very thread that is to end.
        if thread is not current_thread():
            with contextlib.suppress(TimeoutError):
                closing.result(timeout=CLOSE_SECONDS)

    def _submit(self, work: Coroutine[Any, Any, Result]) -> "Future[Result]":
        with self._lock:
            if self._closed:
                work.close()
                raise InterfaceError("The recorder is closed.")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = Thread(
                    target=self._loop.run_forever, name="annals commits", daemon=True
                )
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _shut_down(self) -> None:
        try:
            await self.group_commit.close()
        finally:
            # After the answer to this coroutine is on its way.
            asyncio.get_running_loop().call_soon(asyncio.get_running_loop().stop)

    async def _connect(self) -> DatabaseConnection:
        return await connect(self._address(), name="annals recorder")
