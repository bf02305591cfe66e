"""The metrics that our code counts and times itself; docs/metrics.md explains each."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from prometheus_client import Counter as AnyCounter
from prometheus_client import Gauge
from prometheus_client import Histogram as AnyHistogram
from prometheus_client.metrics import MetricWrapperBase

# Seconds: from an answer out of memory to the longest a client waits.
FAST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
# Seconds: from a mail server nearby to one that is about to time out.
SLOW_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# Seconds: a reminder is on time within a second; a day later it is only recorded.
DELAY_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0, 86400.0)


class Counter(AnyCounter):
    """Without exemplars: it asks for none with each count."""

    def inc(self, amount: float = 1, exemplar: Mapping[str, str] | None = None) -> None:
        self._value.inc(amount)


class Histogram(AnyHistogram):
    """Without exemplars, and it finds the bucket in C."""

    def observe(self, amount: float, exemplar: Mapping[str, str] | None = None) -> None:
        self._sum.inc(amount)
        self._buckets[bisect_left(self._upper_bounds, amount)].inc(1)


def _counter(name: str, meaning: str, *labels: str) -> Counter:
    # In no registry: importing a module starts nothing. Each process registers what it exposes.
    return Counter(name, meaning, labels, registry=None)


def _gauge(name: str, meaning: str, *labels: str) -> Gauge:
    return Gauge(name, meaning, labels, registry=None)


def _histogram(name: str, meaning: str, *labels: str, buckets: Sequence[float]) -> Histogram:
    return Histogram(name, meaning, labels, buckets=buckets, registry=None)


HTTP_REQUESTS = _counter(
    "annals_http_requests_total", "Requests answered", "method", "route", "status"
)
HTTP_DURATION = _histogram(
    "annals_http_request_duration_seconds",
    "From the first byte in to the last byte out, without streams",
    "method",
    "route",
    buckets=FAST_BUCKETS,
)
HTTP_IN_PROGRESS = _gauge("annals_http_requests_in_progress", "Requests being answered")
RATE_LIMITED = _counter("annals_rate_limited_total", "Requests refused with 429", "rule")
RATE_LIMIT_UNAVAILABLE = _counter(
    "annals_rate_limit_unavailable_total", "Requests that could not be counted", "rule"
)
LIVE_EVENTS = _counter("annals_live_events_total", "Events sent to clients", "kind")

COMMANDS = _counter("annals_commands_total", "Commands decided", "command", "outcome")
COMMAND_DURATION = _histogram(
    "annals_command_duration_seconds",
    "From the call of the handler to the receipt",
    "command",
    buckets=FAST_BUCKETS,
)
APPEND_DURATION = _histogram(
    "annals_append_duration_seconds", "One group commit", buckets=FAST_BUCKETS
)
APPEND_GROUP_SIZE = _histogram(
    "annals_append_group_size",
    "Commands that were committed together",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
)
APPEND_CONFLICTS = _counter(
    "annals_append_conflicts_total", "Commands that lost the race for a version"
)
EVENTS_RECORDED = _counter("annals_events_recorded_total", "Events appended")

CLOCK_OFFSET = _gauge(
    "annals_clock_offset_seconds", "This machine's clock minus the database's, at the last compare"
)

EVENT_LOOP_LAG = _histogram(
    "annals_event_loop_lag_seconds",
    "By how much the event loop was late, four samples a second",
    buckets=FAST_BUCKETS,
)

FOLLOWER_ACTIVE = _gauge(
    "annals_follower_active", "1 while this process runs it, 0 while it stands by", "kind", "name"
)
FOLLOWER_LOST = _gauge(
    "annals_follower_beyond_log", "1 while it has read events the log no longer has", "kind", "name"
)
FOLLOWER_EVENTS = _counter(
    "annals_follower_events_total", "Positions of the log processed", "kind", "name"
)
RELAY_SENT = _counter("annals_relay_sent_total", "Messages Kafka acknowledged", "topic")
RELAY_RESTARTS = _counter("annals_relay_restarts_total", "Times the producer was dropped")

SCHEDULER_LAST_ROUND = _gauge(
    "annals_scheduler_last_round_timestamp_seconds", "When the active scheduler last looked"
)
REMINDER_DELAY = _histogram(
    "annals_reminder_delay_seconds",
    "From the moment a reminder was due to its reminder.triggered",
    buckets=DELAY_BUCKETS,
)
REMINDERS = _counter("annals_reminders_total", "Reminders that came due", "outcome")
TASKS_CREATED = _counter("annals_tasks_created_total", "Tasks created")
TASKS_COMPLETED = _counter("annals_tasks_completed_total", "Tasks completed")
REMINDERS_SET = _counter("annals_reminders_set_total", "Reminders set")

NOTIFICATIONS = _counter(
    "annals_notifications_total", "Attempts to deliver, by outcome", "channel", "outcome"
)
NOTIFICATION_DURATION = _histogram(
    "annals_notification_duration_seconds",
    "One attempt to deliver",
    "channel",
    buckets=SLOW_BUCKETS,
)

_ALWAYS: Sequence[MetricWrapperBase] = (CLOCK_OFFSET, EVENT_LOOP_LAG)
_WRITING: Sequence[MetricWrapperBase] = (
    COMMANDS,
    COMMAND_DURATION,
    APPEND_DURATION,
    APPEND_GROUP_SIZE,
    APPEND_CONFLICTS,
    EVENTS_RECORDED,
)
_FOLLOWING: Sequence[MetricWrapperBase] = (FOLLOWER_ACTIVE, FOLLOWER_LOST, FOLLOWER_EVENTS)

# What each process counts itself; the other metrics are read from the database
# (infrastructure/monitoring/database_metrics.py).
INSTRUMENTS: Mapping[str, Sequence[MetricWrapperBase]] = {
    "serve": (
        *_ALWAYS,
        HTTP_REQUESTS,
        HTTP_DURATION,
        HTTP_IN_PROGRESS,
        RATE_LIMITED,
        RATE_LIMIT_UNAVAILABLE,
        LIVE_EVENTS,
        *_WRITING,
    ),
    "project": (
        *_ALWAYS,
        *_FOLLOWING,
        *_WRITING,
        REMINDER_DELAY,
        REMINDERS,
        TASKS_CREATED,
        TASKS_COMPLETED,
        REMINDERS_SET,
    ),
    "schedule": (*_ALWAYS, FOLLOWER_ACTIVE, SCHEDULER_LAST_ROUND, *_WRITING),
    "work": (*_ALWAYS, *_FOLLOWING, NOTIFICATIONS, NOTIFICATION_DURATION, *_WRITING),
    "relay": (*_ALWAYS, *_FOLLOWING, RELAY_SENT, RELAY_RESTARTS),
}
