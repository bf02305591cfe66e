"""Runs `annals project`: the views and the reactions."""

from functools import partial

from application.reactions.catalogue import reactions
from infrastructure.config.settings import Settings
from infrastructure.following.cached_log import CachedLog
from infrastructure.monitoring.database_metrics import LogMetrics
from infrastructure.monitoring.server import monitored
from infrastructure.projecting import projector
from infrastructure.projecting.change_log import ChangeLog
from infrastructure.projecting.list_members import ListMembers
from infrastructure.rebuilding.recovery import refold
from infrastructure.store.event_log import EventLog
from infrastructure.store.mapper import RecordMapper
from infrastructure.store.observed_commands import ObservedCommands
from infrastructure.wiring.database import open_store
from projections.catalogue import VIEWS


async def run_project(settings: Settings) -> None:
    """Follow the log into every view, and react to it, until cancelled.

    Raises:
        CannotStart: no database is named, or the port for metrics is taken.
    """
    url = settings.database.url_or_fail
    mapper = RecordMapper()
    async with (
        monitored(settings, "project") as monitor,
        open_store(url, "reactions", mapper) as store,
    ):
        monitor.add_probe(LogMetrics(EventLog(mapper), followers=True))
        await projector.project(
            url,
            CachedLog(mapper),
            views=VIEWS,
            reactions=reactions(ListMembers(url), ChangeLog(url, store)),
            commands=ObservedCommands(store),
            tally=True,
            refold=partial(refold, url),
        )
