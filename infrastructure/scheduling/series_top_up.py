"""Keeps series that are made ahead filled up to their horizon."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import structlog

from application.command import Context
from application.command_handler import CommandHandler
from application.commands.series import TopUpSeries
from application.ports.unavailable import Unavailable
from domain.errors import DomainError
from domain.generation import HORIZON
from domain.vocabulary import SeriesId
from infrastructure.postgres.queries import QueryRunner
from projections.views.series_list import to_top_up

log = structlog.get_logger()

BATCH_SERIES = 500  # series loaded and written at once
RETRY_SECONDS = 1.0  # seconds after the database was lost


class SeriesTopUp:
    """The daily look at what the next 90 days lack.

    Any number may look at the same time: what two of them would make is made once.
    """

    def __init__(self, questions: QueryRunner, commands: CommandHandler) -> None:
        self._questions = questions
        self._commands = commands

    async def top_up(self) -> None:
        """Fill what can be filled, one generation in each series that lacks something."""
        until, last, looked = datetime.now(UTC) + HORIZON, None, 0
        while found := await self._lacking(until, last):
            await asyncio.gather(*map(self._top_up, found))
            last = found[-1]
            looked += len(found)
        if looked:
            log.info("topped up", series=looked)

    async def _lacking(self, until: datetime, last: UUID | None) -> list[UUID]:
        while True:
            try:
                found = await self._questions.run(to_top_up, until, after=last, limit=BATCH_SERIES)
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
            except DomainError as refusal:
                log.info("a series was not topped up", series=str(series), why=str(refusal))
                return
            else:
                return
