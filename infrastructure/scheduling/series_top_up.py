"""Generates the occurrences of series ahead, up to the horizon."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import structlog

from application.command import Context
from application.command_handler import CommandHandler
from application.commands.series import TopUpSeries
from application.ports.unavailable import Unavailable
from application.ports.unreadable import UnreadableEvent
from domain.errors import DomainError
from domain.generation import HORIZON
from domain.vocabulary import SeriesId
from infrastructure.postgres.queries import QueryRunner
from projections.views.tasks.series_list import to_top_up

log = structlog.get_logger()

BATCH_SERIES = 500  # series loaded and written at once
RETRY_SECONDS = 1.0  # seconds after the database was lost


class SeriesTopUp:
    """The daily job that fills the next 90 days.

    Any number may run at the same time: an occurrence is generated once.
    """

    def __init__(self, query_runner: QueryRunner, commands: CommandHandler) -> None:
        self._query_runner = query_runner
        self._commands = commands

    async def top_up(self) -> None:
        """Generate the missing occurrences of every series, one command per series."""
        until, last, count = datetime.now(UTC) + HORIZON, None, 0
        while found := await self._incomplete(until, last):
            await asyncio.gather(*map(self._top_up, found))
            last = found[-1]
            count += len(found)
        if count:
            log.info("series_topped_up", series=count)

    async def _incomplete(self, until: datetime, last: UUID | None) -> list[UUID]:
        while True:
            try:
                found = await self._query_runner.run(
                    to_top_up, until, after=last, limit=BATCH_SERIES
                )
                return list(found)
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)

    async def _top_up(self, series: UUID) -> None:
        context = Context(actor="system:horizon", now=datetime.now(UTC), correlation_id=uuid4())
        while True:
            try:
                await self._commands.handle(TopUpSeries(series_id=SeriesId(series)), context)
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
            except (DomainError, UnreadableEvent) as refusal:
                log.info("series_not_topped_up", series=str(series), error=str(refusal))
                return
            else:
                return
