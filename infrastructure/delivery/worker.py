"""Delivers a notification: loads its state, hands it to its channel, and records the outcome."""

import asyncio
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import assert_never
from uuid import UUID

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars

from application.channels import Channel, Delivery, DeliveryFailed
from application.command_handler import CommandHandler
from application.commands.notifications import RecordFailure, RecordSent, SuppressNotification
from application.ports.unavailable import Unavailable
from application.ports.unreadable import UnreadableEvent
from application.reactions.account_reactions import PASSWORD_RESET, VERIFY_ACCOUNT
from domain.events.notifications import NotificationRequested
from domain.identity.account import Account
from domain.notification import DeliveryFailure, Notification, RetryPolicy
from domain.preferences import Preferences
from domain.values.delivery_reason import DeliveryReason
from domain.values.email_address import normal_address
from domain.values.streams import preferences_stream
from domain.vocabulary import NotificationId
from infrastructure.delivery.delivery_builder import VERIFY, DeliveryBuilder
from infrastructure.delivery.outcome_recorder import EventLoopBridge, OutcomeRecorder
from infrastructure.delivery.plan import Deliver, Plan, Postpone, Suppress
from infrastructure.delivery.queue import (
    MAX_DELAY,
    DeliveryQueue,
    QueueItem,
    traceparent_of_message,
)
from infrastructure.limits.gcra import GcraRate, RateLimit
from infrastructure.postgres.advisory_locks import AdvisoryLocks
from infrastructure.telemetry import tracing
from infrastructure.telemetry.metrics import NOTIFICATION_DURATION, NOTIFICATIONS

log = structlog.get_logger()

# Mails with a link that an address gets at most, of all accounts together: it may be a stranger's.
CONFIRMATIONS = GcraRate(limit=5, per=86_400.0)
# Of these every one works, so that a stranger who asks for many keeps nobody from a new password.
RESETS = GcraRate(limit=10, per=3_600.0)
LINK_MAIL = {VERIFY: CONFIRMATIONS, VERIFY_ACCOUNT: CONFIRMATIONS, PASSWORD_RESET: RESETS}
SPREAD_SECONDS = 30.0  # seconds over which deliveries beyond the rate limit are spread


class DeliveryWorker:
    """Used by worker threads; the coroutines of the store run in `loop`, in another thread."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        commands: CommandHandler,
        locks: AdvisoryLocks,
        builder: DeliveryBuilder,
        *,
        channels: Mapping[str, Channel],
        queue: DeliveryQueue,
        limit: RateLimit,
        rate: GcraRate,
        retry_policy: RetryPolicy,
    ) -> None:
        self._bridge = EventLoopBridge(loop)
        self._commands = commands
        self._recorder = OutcomeRecorder(self._bridge, commands)
        self._locks = locks
        self._builder = builder
        self._channels = channels
        self._queue = queue
        self._limit = limit
        self._rate = rate
        self._retry_policy = retry_policy

    def deliver(self, notification_id: str) -> None:
        """Deliver a notification, unless it is settled, not due yet, or another worker has it.

        Raises:
            Unavailable, psycopg.Error, redis.RedisError: the queue retries the message.
        """
        with (
            # A thread delivers many notifications: each binds its own values.
            bound_contextvars(correlation_id=None, notification=notification_id),
            tracing.span("deliver", parent=traceparent_of_message(), kind="consumer") as span,
            self._locks.lock(UUID(notification_id)) as acquired,
        ):
            if not acquired:
                return  # another worker delivers it; if that dies, it is queued again
            try:
                self._deliver(NotificationId(UUID(notification_id)), span)
            except UnreadableEvent as error:
                # No retry would help. The view keeps it pending, so the requeuer tries again.
                log.warning("notification_unreadable", error=str(error))

    def _deliver(self, notification_id: NotificationId, span: tracing.TraceSpan) -> None:
        notification = self._bridge.run(
            self._commands.current_state(Notification(), notification_id)
        )
        request = notification.request
        if request is None or not notification.pending:
            return
        bind_contextvars(correlation_id=notification.correlation_id)
        span.rename(f"deliver {request.channel}")
        plan = self._within_rate(request, self._bridge.run(self._plan(notification, request)))
        match plan:
            case Deliver(delivery=delivery):
                self._hand_over(notification, request, delivery)
            case Postpone(until=until):
                self._enqueue_again(notification, request, until)
                NOTIFICATIONS.labels(request.channel, "delayed").inc()
            case Suppress(why=why):
                command = SuppressNotification(notification_id=notification_id, why=why)
                self._recorder.record(notification, command)
                NOTIFICATIONS.labels(request.channel, "suppressed").inc()
            case _:
                assert_never(plan)

    async def _plan(self, notification: Notification, request: NotificationRequested) -> Plan:
        if notification.attempt_at is not None and notification.attempt_at > datetime.now(UTC):
            return Postpone(until=notification.attempt_at)
        if request.channel not in self._channels:
            return Suppress(why=DeliveryReason.CHANNEL_NOT_SET_UP)
        preferences = await self._commands.current_state(
            Preferences(), preferences_stream(request.account_id)
        )
        account = await self._commands.current_state(Account(), request.account_id)
        return await self._builder.build(notification, request, preferences, account)

    def _within_rate(self, request: NotificationRequested, plan: Plan) -> Plan:
        """Postpone a delivery beyond the account's rate for this channel."""
        if not isinstance(plan, Deliver):
            return plan
        try:
            allowance = self._limit.take(f"{request.account_id}:{request.channel}", self._rate)
        except Unavailable:
            return plan  # too many notifications are better than none
        if allowance.allowed:
            return self._within_confirmations(request, plan)
        # Many may be waiting for the same permit: spread them.
        wait = allowance.retry_after + random.uniform(0, SPREAD_SECONDS)  # noqa: S311
        return Postpone(until=datetime.now(UTC) + timedelta(seconds=wait))

    def _within_confirmations(self, request: NotificationRequested, plan: Plan) -> Plan:
        """Suppress a mail with a link to an address that has got its share, whoever asked."""
        rate = LINK_MAIL.get(request.kind)
        if rate is None or request.address is None:
            return plan
        digest = sha256(normal_address(request.address).encode()).hexdigest()[:32]
        name = "reset" if rate is RESETS else "confirm"
        try:
            allowance = self._limit.take(f"{name}:{digest}", rate)
        except Unavailable:
            return plan
        if allowance.allowed:
            return plan
        return Suppress(why=DeliveryReason.TOO_MANY_LINKS)

    def _hand_over(
        self, notification: Notification, request: NotificationRequested, delivery: Delivery
    ) -> None:
        try:
            with NOTIFICATION_DURATION.labels(request.channel).time():
                self._channels[delivery.channel].deliver(delivery)
        except DeliveryFailed as failed:
            after = self._recorder.record(notification, self._failure(delivery, failed))
            outcome = "failed" if after.pending else "dead_lettered"
            NOTIFICATIONS.labels(request.channel, outcome).inc()
            if after.pending and after.attempt_at is not None:
                self._enqueue_again(after, request, after.attempt_at)
        else:
            sent = RecordSent(notification_id=NotificationId(delivery.notification_id))
            self._recorder.record(notification, sent)
            NOTIFICATIONS.labels(request.channel, "sent").inc()

    def _failure(self, delivery: Delivery, failed: DeliveryFailed) -> RecordFailure:
        wait = None if failed.retry_after is None else timedelta(seconds=failed.retry_after)
        return RecordFailure(
            notification_id=NotificationId(delivery.notification_id),
            failure=DeliveryFailure(
                reason=failed.reason, permanent=failed.permanent, gone=failed.gone, retry_after=wait
            ),
            retry_policy=self._retry_policy,
            chance=random.random(),  # noqa: S311 - nobody gains by guessing it
        )

    def _enqueue_again(
        self, notification: Notification, request: NotificationRequested, until: datetime
    ) -> None:
        delay = until - datetime.now(UTC)
        if delay > MAX_DELAY or notification.id is None:
            return  # the requeuer enqueues it when it is due
        item = QueueItem(
            id=notification.id,
            channel=request.channel,
            attempts=notification.attempts,
            traceparent=tracing.current_traceparent(),
        )
        self._queue.enqueue([item], delay=max(delay, timedelta()))
