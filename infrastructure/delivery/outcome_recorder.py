"""Records the outcome of a delivery in the log, from a worker thread."""

import asyncio
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog

from application.command import Context
from application.command_handler import CommandHandler
from application.commands.notifications import NotificationCommand
from application.ports.unavailable import Unavailable
from domain.notification import Notification
from domain.values.streams import event_id
from infrastructure.postgres.outages import OUTAGE
from infrastructure.telemetry import tracing

log = structlog.get_logger()

T = TypeVar("T")

RECORD_TIMEOUT_SECONDS = 60.0  # seconds; a delivery whose outcome is not recorded is repeated
RETRY_SECONDS = 0.2  # seconds between attempts


class EventLoopBridge:
    """Runs coroutines in the event loop of another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Block until the coroutine ends; return its result, or raise its exception."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


class OutcomeRecorder:
    def __init__(self, bridge: EventLoopBridge, commands: CommandHandler) -> None:
        self._bridge = bridge
        self._commands = commands

    def record(self, notification: Notification, command: NotificationCommand) -> Notification:
        """Handle `command`, and return the notification after it. Retries for a minute.

        Raises:
            Unavailable: the store could not be reached in that time.
        """
        deadline = time.monotonic() + RECORD_TIMEOUT_SECONDS
        while True:
            context = Context(
                actor="system:courier",
                now=datetime.now(UTC),
                correlation_id=notification.correlation_id or command.notification_id,
                causation_id=event_id(command.notification_id, notification.version),
                traceparent=tracing.current_traceparent(),
            )
            try:
                return self._bridge.run(self._commands.handle(command, context)).state
            except Unavailable as error:
                if time.monotonic() > deadline:
                    raise
                OUTAGE.lost(error)
                time.sleep(RETRY_SECONDS)
