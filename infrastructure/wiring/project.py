"""Runs `annals project`: the views, the reactions, and the runs that rebuild and verify views."""

import asyncio
from functools import partial

from application.reactions.catalogue import reactions
from infrastructure.config.settings import Settings
from infrastructure.following.cached_log import CachedLog
from infrastructure.monitoring.database_metrics import LogMetrics
from infrastructure.monitoring.server import monitored
from infrastructure.projecting import projector
from infrastructure.projecting.change_log import PostgresChangeLog
from infrastructure.projecting.list_members import ListMembers
from infrastructure.rebuilding.recovery import refold
from infrastructure.rebuilding.run_worker import RunWorker
from infrastructure.store.event_log import EventLog
from infrastructure.store.mapper import RecordMapper
from infrastructure.store.observed_commands import ObservedCommands
from infrastructure.wiring.database import open_store
from projections.catalogue import VIEWS


async def run_project(settings: Settings) -> None:
    """Follow the log into every view, react to it, and carry out runs, until cancelled.

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
        commands = ObservedCommands(store)
        async with asyncio.TaskGroup() as group:
            group.create_task(RunWorker(url, commands).work())
            group.create_task(
                projector.project(
                    url,
                    CachedLog(mapper),
                    views=VIEWS,
                    reactions=reactions(ListMembers(url), PostgresChangeLog(url, store)),
                    commands=commands,
                    tally=True,
                    refold=partial(refold, url),
                )
            )
