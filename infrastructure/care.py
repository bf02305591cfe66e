"""What those who look after the views and the log can do, wired from the settings."""

from functools import partial

from application.command_handler import CommandHandler
from application.every_reaction import REACTIONS
from infrastructure import projector
from infrastructure.event_log import EventLog
from infrastructure.event_store import PostgresEventStore
from infrastructure.mapper import RecordMapper
from infrastructure.postgres import connect
from infrastructure.settings import Settings
from projections.catalogue import VIEWS


async def project(settings: Settings) -> None:
    """Follow the log into every view, and react to it, until cancelled."""
    url: str = settings.require("database_url")
    mapper = RecordMapper()
    store = PostgresEventStore(partial(connect, url, name="annals reactions"), mapper)
    try:
        await projector.project(
            url,
            EventLog(mapper),
            views=VIEWS,
            reactions=REACTIONS,
            commands=CommandHandler(store),
        )
    finally:
        await store.close()
