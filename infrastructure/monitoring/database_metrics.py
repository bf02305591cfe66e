"""Metrics that are read from the database when a process is scraped."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.core import Metric
from psycopg import AsyncConnection

from infrastructure.following.lag import lag_behind
from infrastructure.store.event_log import EventLog
from infrastructure.telemetry.metrics import FOLLOWER_ACTIVE
from projections.views.reminders.due_reminders import count_overdue
from projections.views.reminders.notifications import backlog

Probe: TypeAlias = Callable[[AsyncConnection[Any]], Awaitable[Iterable[Metric]]]


class LogMetrics:
    """The end of the log, and the lag of the readers that this process runs."""

    def __init__(self, events: EventLog, *, followers: bool = False) -> None:
        self._events = events
        self._followers = followers

    async def __call__(self, connection: AsyncConnection[Any]) -> Iterable[Metric]:
        end = await self._events.end(connection)
        families: list[Metric] = [
            Gauge("annals_log_position", "The last position every reader may see", value=end)
        ]
        if self._followers:
            families += await self._lags(connection, end)
        return families

    async def _lags(self, connection: AsyncConnection[Any], end: int) -> Iterable[Metric]:
        active = _active()
        cursor = await connection.execute(
            "SELECT application_name, notification_id,"
            " (SELECT count(*) FROM dead_events"
            "  WHERE view = application_name AND discarded_at IS NULL)"
            " FROM notification_tracking WHERE application_name = ANY(%s)",
            ([name for _, name in active],),
        )
        found = {name: (position, dead) for name, position, dead in await cursor.fetchall()}
        families = [
            Gauge(f"annals_follower_{what}", meaning, labels=("kind", "name"))
            for what, meaning in (
                ("position", "The last position it has processed"),
                ("lag_events", "Positions it has yet to process"),
                ("lag_seconds", "Age of the oldest event it has yet to process"),
                ("dead_events", "Parked events, without the discarded ones"),
            )
        ]
        for labels in active:
            position, dead = found.get(labels[1], (0, 0))
            lag = await lag_behind(connection, self._events, position, end=end)
            values = (position, lag.events, lag.seconds, dead)
            for family, value in zip(families, values, strict=True):
                family.add_metric(labels, value)
        return families


def _active() -> Sequence[tuple[str, str]]:
    """Return kind and name of the readers that are active in this process."""
    return [
        (sample.labels["kind"], sample.labels["name"])
        for family in FOLLOWER_ACTIVE.collect()
        for sample in family.samples
        if sample.value
    ]


async def reminders(connection: AsyncConnection[Any]) -> Iterable[Metric]:
    overdue = await count_overdue(connection, datetime.now(UTC))
    return [Gauge("annals_reminders_overdue", "Reminders due and not yet triggered", value=overdue)]


async def notifications(connection: AsyncConnection[Any]) -> Iterable[Metric]:
    now = datetime.now(UTC)
    found = await backlog(connection, now)
    age = max(0.0, (now - found.oldest).total_seconds()) if found.oldest else 0.0
    return [
        Gauge("annals_notifications_pending", "Not yet settled", value=found.pending),
        Gauge(
            "annals_notification_oldest_pending_seconds",
            "For how long the oldest has been due",
            value=age,
        ),
        Gauge(
            "annals_dead_letters", "Given up, not retried or discarded", value=found.dead_letters
        ),
    ]
