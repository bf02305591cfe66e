"""Lets reminders ring on time: sleeps until the next moment, and misses none that comes earlier."""

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
from application.ports import Unavailable
from domain.errors import DomainError
from infrastructure.postgres.connections import connect
from infrastructure.postgres.notifications import wait_for_notification
from infrastructure.scheduling.periodic import Job, run_periodically
from infrastructure.store.checkpoints import CHANNEL
from infrastructure.store.subscription import acquire_leadership
from infrastructure.telemetry.metrics import FOLLOWER_ACTIVE, SCHEDULER_LAST_ROUND
from projections.rows import BEFORE_ALL
from projections.views.due_reminders import DueReminder, DueReminders, due, next_moment

log = structlog.get_logger()

NAME = "scheduler"
BATCH_REMINDERS = 1_000  # reminders asked to ring at once
MAX_SLEEP_SECONDS = 30.0  # seconds: the clock may be set, a notification may be lost
REDISPATCH_SECONDS = (
    5.0  # seconds until one that still stands in the view is asked to ring once more
)
RETRY_SECONDS = 0.2  # seconds after the database was lost


# Returns the trace in which somebody asked for a reminder, if that is known.
Origin: TypeAlias = Callable[[DueReminder], Awaitable[str | None]]


async def schedule(
    url: str,
    commands: CommandHandler,
    *,
    window: timedelta,
    jobs: Sequence[Job] = (),
    origin: Origin | None = None,
) -> NoReturn:
    """Ring, and do the periodic `jobs`, until cancelled; of many who do this one is active.

    What is found later than the catch-up `window` after its moment is recorded as missed.
    """
    active = FOLLOWER_ACTIVE.labels(NAME, NAME)
    active.set(0)
    while True:
        try:
            async with await connect(url, name="annals schedule") as connection:
                await acquire_leadership(connection, NAME)
                active.set(1)
                await connection.execute(f"LISTEN {CHANNEL}")
                bell = ReminderDispatcher(connection, commands, window, origin)
                async with asyncio.TaskGroup() as group:
                    group.create_task(run_periodically(jobs))
                    group.create_task(bell.run())
        except* (Unavailable, psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            log.warning("the scheduler lost the database; trying again", error=str(error))
        except* Exception:
            log.exception("the scheduler stumbled; trying again")
        active.set(0)
        await asyncio.sleep(RETRY_SECONDS)


class ReminderDispatcher:
    """Rings what is due. It may ask twice: the task knows whether that ring was rung."""

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
        # What was asked lately: the view still shows it until it has heard.
        self._asked: dict[tuple[UUID, datetime], float] = {}

    async def run(self) -> NoReturn:
        while True:
            now = datetime.now(UTC)
            SCHEDULER_LAST_ROUND.set(now.timestamp())
            left = await self.dispatch_due(now)
            following = await next_moment(self._connection, now)
            await self._sleep(following, REDISPATCH_SECONDS if left else MAX_SLEEP_SECONDS)

    async def dispatch_due(self, now: datetime) -> int:
        """Ask all to ring whose moment has come; return how many the view showed."""
        earliest = time.monotonic() - REDISPATCH_SECONDS
        self._asked = {key: at for key, at in self._asked.items() if at > earliest}
        last, shown = BEFORE_ALL, 0
        while found := await due(self._connection, now, beyond=last, limit=BATCH_REMINDERS):
            await asyncio.gather(*map(self._trigger, found))
            shown += len(found)
            last = (found[-1].due_at or now, found[-1].id)
        return shown

    async def _trigger(self, reminder: DueReminder) -> None:
        if reminder.due_at is None or (reminder.id, reminder.due_at) in self._asked:
            return
        command = TriggerReminder(
            task_id=reminder.task_id,
            reminder_id=reminder.id,
            due_at=reminder.due_at,
            window=self._window,
        )
        context = Context(
            actor="system:scheduler",
            now=datetime.now(UTC),
            correlation_id=uuid4(),
            traceparent=await self._origin(reminder) if self._origin else None,
        )
        try:
            await self._commands.handle(command, context)
        except DomainError as refusal:
            log.warning("a reminder could not ring", reminder=str(reminder.id), why=str(refusal))
        self._asked[reminder.id, reminder.due_at] = time.monotonic()

    async def _sleep(self, following: datetime | None, longest: float) -> None:
        """Sleep until the next moment, or until the view has moved: there may be an earlier one."""
        seconds = longest
        if following is not None:
            seconds = min(longest, (following - datetime.now(UTC)).total_seconds())
        await wait_for_notification(
            self._connection, timeout_seconds=max(seconds, 0.0), payload=DueReminders.name
        )
