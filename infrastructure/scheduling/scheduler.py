"""Dispatches reminders when they are due, and runs the periodic jobs."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NoReturn, TypeAlias
from uuid import UUID, uuid4

import psycopg
import structlog
from psycopg import AsyncConnection

from application.command import Context
from application.command_handler import CommandHandler
from application.commands.reminders import TriggerReminder
from application.ports.unavailable import Unavailable
from application.ports.unreadable import UnreadableEvent
from domain.errors import DomainError
from domain.vocabulary import Standing
from infrastructure.following.checkpoints import CHANNEL
from infrastructure.following.leadership import leadership
from infrastructure.postgres.connections import connect
from infrastructure.postgres.notifications import wait_for_notification
from infrastructure.postgres.outages import OUTAGE
from infrastructure.scheduling.periodic import Job, run_periodically
from infrastructure.telemetry.metrics import FOLLOWER_ACTIVE, SCHEDULER_LAST_ROUND
from projections.rows import BEFORE_ALL
from projections.views.accounts import standings
from projections.views.reminders.due_reminders import DueReminder, DueReminders, due, next_moment

log = structlog.get_logger()

NAME = "scheduler"
BATCH_REMINDERS = 1_000  # reminders dispatched at once
MAX_SLEEP_SECONDS = 30.0  # seconds; the clock may be changed, a notification may be lost
REDISPATCH_SECONDS = 5.0  # seconds after which a reminder still in the view is dispatched again
RETRY_SECONDS = 0.2  # seconds between attempts to reach the database


# Returns the trace in which a reminder was set, if it is known.
Origin: TypeAlias = Callable[[DueReminder], Awaitable[str | None]]


async def schedule(
    url: str,
    commands: CommandHandler,
    *,
    window: timedelta,
    jobs: Sequence[Job] = (),
    origin: Origin | None = None,
) -> NoReturn:
    """Dispatch reminders and run the periodic `jobs` until cancelled; one process is active.

    A reminder found later than the catch-up `window` after it was due is recorded as missed.
    """
    active = FOLLOWER_ACTIVE.labels(NAME, NAME)
    active.set(0)
    while True:
        try:
            async with (
                await connect(url, name="annals schedule") as connection,
                leadership(url, connection, NAME),
                asyncio.TaskGroup() as group,
            ):
                active.set(1)
                await connection.execute(f"LISTEN {CHANNEL}")
                dispatcher = ReminderDispatcher(connection, commands, window, origin)
                group.create_task(run_periodically(jobs))
                group.create_task(dispatcher.run())
        except* (Unavailable, psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            OUTAGE.lost(error)
        except* Exception:
            log.exception("scheduler_failed")
        active.set(0)
        await asyncio.sleep(RETRY_SECONDS)


class ReminderDispatcher:
    """Triggers due reminders, perhaps twice: the task ignores the second time."""

    def __init__(
        self,
        connection: AsyncConnection,
        commands: CommandHandler,
        window: timedelta,
        origin: Origin | None = None,
    ) -> None:
        self._connection = connection
        self._commands = commands
        self._window = window
        self._origin = origin
        # Recently triggered reminders: the view shows them until it has caught up.
        self._triggered_at: dict[tuple[UUID, datetime], float] = {}

    async def run(self) -> NoReturn:
        while True:
            now = datetime.now(UTC)
            SCHEDULER_LAST_ROUND.set(now.timestamp())
            left = await self.dispatch_due(now)
            upcoming = await next_moment(self._connection, now)
            await self._sleep(upcoming, REDISPATCH_SECONDS if left else MAX_SLEEP_SECONDS)

    async def dispatch_due(self, now: datetime) -> int:
        """Trigger all reminders due at `now`; return how many the view has.

        Raises:
            Unavailable, psycopg.Error: the database cannot be reached.
        """
        earliest = time.monotonic() - REDISPATCH_SECONDS
        self._triggered_at = {key: at for key, at in self._triggered_at.items() if at > earliest}
        last, shown = BEFORE_ALL, 0
        while found := await due(self._connection, now, beyond=last, limit=BATCH_REMINDERS):
            owners = await standings(self._connection, {reminder.owner for reminder in found})
            await asyncio.gather(
                *(self._trigger(each, owners.get(each.owner, Standing.ACTIVE)) for each in found)
            )
            shown += len(found)
            last = (found[-1].due_at or now, found[-1].id)
        return shown

    async def _trigger(self, reminder: DueReminder, owner: Standing) -> None:
        if reminder.due_at is None or (reminder.id, reminder.due_at) in self._triggered_at:
            return
        command = TriggerReminder(
            task_id=reminder.task_id,
            reminder_id=reminder.id,
            due_at=reminder.due_at,
            window=self._window,
            owner=owner,
        )
        try:
            context = Context(
                actor="system:scheduler",
                now=datetime.now(UTC),
                correlation_id=uuid4(),
                traceparent=await self._origin(reminder) if self._origin else None,
            )
            await self._commands.handle(command, context)
        except (DomainError, UnreadableEvent) as refusal:
            log.warning("reminder_not_triggered", reminder=str(reminder.id), error=str(refusal))
        self._triggered_at[reminder.id, reminder.due_at] = time.monotonic()

    async def _sleep(self, upcoming: datetime | None, longest: float) -> None:
        """Sleep until the next reminder, or until the view changed: there may be an earlier one."""
        seconds = longest
        if upcoming is not None:
            seconds = min(longest, (upcoming - datetime.now(UTC)).total_seconds())
        await wait_for_notification(
            self._connection, timeout_seconds=max(seconds, 0.0), payload=DueReminders.name
        )
