"""The only door: settings go in, a wired service comes out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from psycopg_pool import AsyncConnectionPool

from application.command_handler import CommandHandler
from infrastructure.development import Running, develop
from infrastructure.event_log import EventLog
from infrastructure.event_store import PostgresEventStore
from infrastructure.mapper import RecordMapper
from infrastructure.migrations import migrate
from infrastructure.postgres import connect, query_pool
from infrastructure.settings import BadSetting, CannotStart, Settings
from infrastructure.startup import load_settings

__all__ = [
    "BadSetting",
    "CannotStart",
    "Running",
    "Service",
    "Settings",
    "develop",
    "load_settings",
    "migrate",
    "open_service",
]


class Service:
    """Everything one process needs, opened together and closed together."""

    def __init__(self, settings: Settings) -> None:
        url: str = settings.require("database_url")
        mapper = RecordMapper()
        self.settings = settings
        self.store = PostgresEventStore(partial(connect, url, name="annals store"), mapper)
        self.commands = CommandHandler(self.store)
        self.log = EventLog(mapper)
        self.queries: AsyncConnectionPool = query_pool(url)


@asynccontextmanager
async def open_service(settings: Settings) -> AsyncIterator[Service]:
    """Open what `settings` name. The database may still be away: asking it then says so.

    Raises:
        BadSetting: something this process cannot do without is not set.
    """
    service = Service(settings)
    await service.queries.open(wait=False)
    try:
        yield service
    finally:
        await service.store.close()
        await service.queries.close()
