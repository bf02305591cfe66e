"""Follows the log for an application of the library, through lost connections."""

from collections.abc import Sequence
from threading import Thread
from typing import TYPE_CHECKING

import structlog
from eventsourcing.persistence import (
    InterfaceError,
    ListenNotifySubscription,
    OperationalError,
    ShutDown,
)

from infrastructure.store.event_log import CHANNEL

if TYPE_CHECKING:
    from infrastructure.store.recorder.recorders import AnnalsRecorder

log = structlog.get_logger()

POLL_SECONDS = 0.25  # seconds: a notification can be lost
STOP_SECONDS = 0.1  # seconds after which a listener notices that its subscription was stopped


class LogSubscription(ListenNotifySubscription["AnnalsRecorder"]):
    """Yields events as they are recorded: woken by notifications, and by the clock besides.

    The library's own subscription begins to listen only after its first pull, then waits
    without a limit, and ends when a connection is lost.
    """

    def __init__(
        self, recorder: "AnnalsRecorder", gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)  # starts the thread that pulls
        self._listen_thread = Thread(target=self._listen, name="annals listen")
        self._listen_thread.start()

    def __exit__(self, *args: object, **kwargs: object) -> None:
        try:
            super().__exit__(*args, **kwargs)
        finally:
            self._listen_thread.join()

    def _loop_on_pull(self) -> None:
        while not self._has_been_stopped:
            try:
                self._pull()
            except (InterfaceError, OperationalError) as error:
                self._survive(error)
            except BaseException as error:
                self._fail(error)
            self._has_been_notified.wait(timeout=POLL_SECONDS)

    def _pull(self) -> None:
        while not self._has_been_stopped:
            self._has_been_notified.clear()
            after = self._last_notification_id or 0
            notifications, settled = self._recorder.select_settled(
                after, self._select_limit, topics=self._topics
            )
            if notifications:
                try:
                    self._notifications_queue.put(notifications)
                except ShutDown:
                    return
            if len(notifications) == self._select_limit:
                self._last_notification_id = notifications[-1].id
            else:
                # Beyond the last that matched: what did not match is not read again.
                self._last_notification_id = max(after, settled)
                return

    def _listen(self) -> None:
        while not self._has_been_stopped:
            try:
                with self._recorder.datastore.get_connection() as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    while not self._has_been_stopped:
                        for _ in connection.notifies(timeout=STOP_SECONDS, stop_after=1):
                            self._has_been_notified.set()
                    connection.execute("UNLISTEN *")
            except (InterfaceError, OperationalError) as error:
                self._survive(error)
                self._has_been_notified.wait(timeout=POLL_SECONDS)
            except BaseException as error:
                self._fail(error)

    def _survive(self, error: Exception) -> None:
        """Go on after a lost connection, unless the application closed them all."""
        if self._recorder.datastore.pool.closed:
            self._fail(error)
        else:
            log.warning("subscription_interrupted", error=str(error))

    def _fail(self, error: BaseException) -> None:
        if self._thread_error is None:
            self._thread_error = error
        self.stop()
