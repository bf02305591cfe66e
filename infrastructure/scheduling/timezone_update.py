"""Moves occurrences to their new due time after an update of the time zone database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

from psycopg import AsyncConnection

from application.command import Context
from application.command_handler import CommandHandler
from application.commands.occurrences import RetimeOccurrence
from domain.record import Record
from domain.recurrence.local_time import ZONES_VERSION, resolve, zone
from projections.views.tasks.occurrences import OutdatedTime, with_outdated_zones


class MovedTask(Record):
    """A task whose due instant changes, at the same local time."""

    old: OutdatedTime
    due_at: datetime


class TimeZoneUpdate:
    """Finds and moves the open tasks whose due time was computed with older time zones."""

    def __init__(self, connection: AsyncConnection, commands: CommandHandler) -> None:
        self._connection = connection
        self._commands = commands

    async def moved(self, now: datetime) -> AsyncIterator[MovedTask]:
        """Yield the open tasks due after `now` whose due time changes with the current zones."""
        after = None
        while found := await with_outdated_zones(
            self._connection, ZONES_VERSION, beyond=now, after=after
        ):
            for old in found:
                due_at = resolve(old.occurrence, zone(old.timezone))
                if due_at != old.due_at:
                    yield MovedTask(old=old, due_at=due_at)
            after = found[-1].due_at, found[-1].task_id

    async def move(self, moved: MovedTask) -> None:
        """Move the due time of the task.

        Raises:
            DomainError: the task changed in the meantime and cannot be moved.
            Unavailable: the database cannot be reached.
        """
        command = RetimeOccurrence(
            task_id=moved.old.task_id,
            series_id=moved.old.series_id,
            timezone=moved.old.timezone,
        )
        context = Context(actor="system:retime", now=datetime.now(UTC), correlation_id=uuid4())
        await self._commands.handle(command, context)
