"""Runs `annals schedule`: due reminders and periodic jobs."""

from datetime import timedelta
from functools import partial

from infrastructure.config.settings import Settings
from infrastructure.delivery import endpoints
from infrastructure.delivery.requeuer import Requeuer
from infrastructure.monitoring.database_metrics import LogMetrics, notifications, reminders
from infrastructure.oidc import started_logins
from infrastructure.scheduling import scheduler
from infrastructure.scheduling.periodic import Job
from infrastructure.scheduling.reminder_origin import reminder_origin
from infrastructure.scheduling.series_top_up import SeriesTopUp
from infrastructure.security import session_store
from infrastructure.security.active_sessions import PostgresActiveSessions
from infrastructure.security.ended_accounts import finish_ended_accounts
from infrastructure.telemetry import tracing
from infrastructure.wiring.notification_parts import NotificationParts, open_notification_parts


async def run_schedule(settings: Settings) -> None:
    """Trigger due reminders, and run periodic jobs, until cancelled.

    Raises:
        CannotStart: a setting is missing, or the port for metrics is taken.
    """
    async with open_notification_parts(settings, "schedule") as parts:
        database = parts.database
        parts.monitor.add_probe(LogMetrics(database.log), reminders, notifications)
        await scheduler.schedule(
            database.url,
            database.commands,
            window=timedelta(hours=settings.reminders.catch_up_hours),
            jobs=_jobs(parts, timedelta(days=settings.tokens.session_days)),
            origin=partial(reminder_origin, database.store) if tracing.on() else None,
        )


def _jobs(parts: NotificationParts, longest_session: timedelta) -> list[Job]:
    queries, commands = parts.database.queries, parts.database.commands
    requeuer = Requeuer(queries, parts.queue, grace=parts.grace)
    return [
        Job(name="sweep", every=parts.grace / 4, run=requeuer.requeue_missing),
        Job(
            name="forget removed endpoints",
            every=timedelta(hours=1),
            run=partial(queries.run, endpoints.delete_removed),
        ),
        Job(
            name="forget used tokens",
            every=timedelta(hours=1),
            run=partial(queries.run, session_store.sweep, longest_session),
        ),
        Job(
            name="forget the states of logins",
            every=timedelta(hours=1),
            run=partial(queries.run, started_logins.sweep),
        ),
        Job(
            name="finish ended accounts",
            every=timedelta(hours=1),
            run=partial(queries.run, finish_ended_accounts),
        ),
        Job(
            name="record the ends of sessions",
            every=timedelta(minutes=1),
            run=PostgresActiveSessions(queries, commands).record_ends,
        ),
        Job(
            name="top up the horizon",
            every=timedelta(days=1),
            run=SeriesTopUp(queries, commands).top_up,
        ),
    ]
