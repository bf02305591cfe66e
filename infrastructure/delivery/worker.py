"""Delivers one notification: looks at what stands, hands it to its channel, records the outcome."""

import asyncio
import random
import time
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars

from application.channels import Channel, Delivery, DeliveryFailed
from application.command import Context
from application.command_handler import CommandHandler
from application.commands.notifications import (
    NotificationCommand,
    RecordFailure,
    RecordSent,
    SuppressNotification,
)
from application.ports import Unavailable
from domain.events.notifications import NotificationRequested
from domain.notification import DeliveryFailure, Notification, RetryPolicy
from domain.preferences import Preferences
from domain.record import Record
from domain.values.streams import event_id, preferences_stream
from domain.vocabulary import NotificationId
from infrastructure.delivery.delivery_builder import DeliveryBuilder
from infrastructure.delivery.queue import (
    MAX_DELAY,
    DeliveryQueue,
    QueueItem,
    traceparent_of_message,
)
from infrastructure.limits.gcra import Rate, RateLimit
from infrastructure.postgres.advisory_locks import AdvisoryLocks
from infrastructure.telemetry import tracing
from infrastructure.telemetry.metrics import NOTIFICATION_DURATION, NOTIFICATIONS

log = structlog.get_logger()

T = TypeVar("T")

SPREAD_SECONDS = 30.0  # seconds over which those who came too fast come again
RECORD_TIMEOUT_SECONDS = 60.0  # seconds to record an outcome: what is not recorded is told twice


class Later(Record):
    """Not now: in so many seconds, at the earliest."""

    seconds: float


class DeliveryWorker:
    """Used by worker threads; all it asks of the store runs in `loop`, in another thread."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        commands: CommandHandler,
        claims: AdvisoryLocks,
        letters: DeliveryBuilder,
        *,
        channels: Mapping[str, Channel],
        queue: DeliveryQueue,
        limit: RateLimit,
        rate: Rate,
        persistence: RetryPolicy,
    ) -> None:
        self._loop = loop
        self._commands = commands
        self._claims = claims
        self._letters = letters
        self._channels = channels
        self._queue = queue
        self._limit = limit
        self._rate = rate
        self._persistence = persistence

    def deliver(self, name: str) -> None:
        """Deliver the notification of this id, unless that was done, is being done, or is not to
        be done now."""
        notification_id = NotificationId(UUID(name))
        with (
            # What is bound further down is of this notification, and this thread has others.
            bound_contextvars(correlation_id=None, notification=name),
            tracing.span("deliver", parent=traceparent_of_message(), kind="consumer") as span,
        ):
            claim = self._claims.lock(notification_id)
            if not self._run(claim.__aenter__()):
                return  # somebody is at it; if they die, it comes again
            try:
                self._deliver(notification_id, span)
            finally:
                self._run(claim.__aexit__(None, None, None))

    def _deliver(self, notification_id: NotificationId, span: tracing.Span) -> None:
        told = self._run(self._commands.current_state(Notification(), notification_id))
        request = told.request
        if request is None or not told.pending:
            return
        bind_contextvars(correlation_id=told.correlation_id)
        span.rename(f"deliver {request.channel}")
        plan = self._run(self._plan(told, request))
        if isinstance(plan, str):
            self._record(told, SuppressNotification(notification_id=notification_id, why=plan))
            NOTIFICATIONS.labels(request.channel, "suppressed").inc()
        elif isinstance(plan, Later):
            self._put_back(told, request, timedelta(seconds=plan.seconds))
            NOTIFICATIONS.labels(request.channel, "delayed").inc()
        elif (too_fast := self._too_fast(request)) is not None:
            self._put_back(told, request, too_fast)
            NOTIFICATIONS.labels(request.channel, "delayed").inc()
        else:
            self._hand_over(told, request, plan)

    async def _plan(
        self, told: Notification, request: NotificationRequested
    ) -> Delivery | Later | str:
        """Return what is to be delivered, when to come again, or why it is not to be."""
        now = datetime.now(UTC)
        if told.attempt_at is not None and told.attempt_at > now:
            return Later(seconds=(told.attempt_at - now).total_seconds())
        if request.channel not in self._channels:
            return f"{request.channel} is not set up here"
        preferences = await self._commands.current_state(
            Preferences(), preferences_stream(request.account_id)
        )
        return await self._letters.build(told, request, preferences)

    def _too_fast(self, request: NotificationRequested) -> timedelta | None:
        """Return how long to wait when this person was told too much over this channel lately."""
        try:
            allowance = self._limit.take(f"{request.account_id}:{request.channel}", self._rate)
        except Unavailable:
            return None  # better too much than nothing
        if allowance.allowed:
            return None
        # Spread, for many may wait and one of them is next.
        return timedelta(seconds=allowance.retry_after + random.uniform(0, SPREAD_SECONDS))  # noqa: S311

    def _hand_over(
        self, told: Notification, request: NotificationRequested, delivery: Delivery
    ) -> None:
        try:
            with NOTIFICATION_DURATION.labels(request.channel).time():
                self._channels[delivery.channel].deliver(delivery)
        except DeliveryFailed as failed:
            after = self._record(told, self._failure(delivery, failed))
            outcome = "failed" if after.pending else "dead_lettered"
            NOTIFICATIONS.labels(request.channel, outcome).inc()
            if after.pending and after.attempt_at is not None:
                self._put_back(after, request, after.attempt_at - datetime.now(UTC))
        else:
            sent = RecordSent(notification_id=NotificationId(delivery.notification_id))
            self._record(told, sent)
            NOTIFICATIONS.labels(request.channel, "sent").inc()

    def _failure(self, delivery: Delivery, failed: DeliveryFailed) -> RecordFailure:
        wait = None if failed.retry_after is None else timedelta(seconds=failed.retry_after)
        return RecordFailure(
            notification_id=NotificationId(delivery.notification_id),
            failure=DeliveryFailure(
                reason=failed.reason, permanent=failed.permanent, gone=failed.gone, retry_after=wait
            ),
            retry_policy=self._persistence,
            chance=random.random(),  # noqa: S311 - nobody gains by guessing it
        )

    def _put_back(
        self, told: Notification, request: NotificationRequested, wait: timedelta
    ) -> None:
        if wait > MAX_DELAY or told.id is None:
            return  # the sweeper brings it when its time has come
        parcel = QueueItem(
            id=told.id,
            channel=request.channel,
            attempts=told.attempts,
            traceparent=tracing.current_traceparent(),
        )
        self._queue.enqueue([parcel], delay=max(wait, timedelta()))

    def _record(self, told: Notification, command: NotificationCommand) -> Notification:
        """Record what became of it, for as long as it takes the store to come back."""
        deadline = time.monotonic() + RECORD_TIMEOUT_SECONDS
        while True:
            context = Context(
                actor="system:courier",
                now=datetime.now(UTC),
                correlation_id=told.correlation_id or command.notification_id,
                causation_id=event_id(command.notification_id, told.version),
                traceparent=tracing.current_traceparent(),
            )
            try:
                return self._run(self._commands.handle(command, context)).state
            except Unavailable:
                if time.monotonic() > deadline:
                    raise
                log.warning(
                    "the outcome cannot be recorded yet", notification=str(command.notification_id)
                )
                time.sleep(0.2)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
