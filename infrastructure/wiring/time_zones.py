"""Builds the update of occurrences for `annals series retime`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from application.command_handler import CommandHandler
from infrastructure.config.settings import Settings
from infrastructure.scheduling.timezone_update import TimeZoneUpdate
from infrastructure.store.mapper import RecordMapper
from infrastructure.wiring.database import open_connection, open_store


@asynccontextmanager
async def open_time_zone_update(settings: Settings) -> AsyncIterator[TimeZoneUpdate]:
    """Open what the update needs of the database that `settings` name.

    Raises:
        CannotStart: no database is named, or it cannot be reached.
    """
    url = settings.database.url_or_fail
    async with (
        open_connection(settings, "retime") as connection,
        open_store(url, "retime", RecordMapper()) as store,
    ):
        yield TimeZoneUpdate(connection, CommandHandler(store))
