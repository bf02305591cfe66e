"""What those who look after the views and the log can do, wired from the settings."""

from infrastructure import projector
from infrastructure.event_log import EventLog
from infrastructure.mapper import RecordMapper
from infrastructure.settings import Settings
from projections.catalogue import VIEWS


async def project(settings: Settings) -> None:
    """Follow the log into every view until cancelled."""
    url: str = settings.require("database_url")
    await projector.project(url, VIEWS, EventLog(RecordMapper()))
