"""Delivers one notification: looks at what stands, hands it to its channel, records the outcome."""

import asyncio
import random
import time
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import structlog

from application.channels import Channel, Delivery, DeliveryFailed
from application.command import Context
from application.command_handler import CommandHandler
from application.notifications import (
    NotificationCommand,
    RecordFailure,
    RecordSent,
    SuppressNotification,
)
from application.ports import Unavailable
from domain.notification import Failure, Notification, Persistence
from domain.notification_events import NotificationRequested
from domain.preferences import Preferences
from domain.record import Record
from domain.streams import event_id, preferences_stream
from domain.vocabulary import NotificationId
from infrastructure.claims import Claims
from infrastructure.letters import Letters
from infrastructure.queue import LONGEST_DELAY, Parcel, Queue
from infrastructure.rate_limit import Rate, RateLimit

log = structlog.get_logger()

T = TypeVar("T")

SPREAD = 30.0  # seconds over which those who came too fast come again
PATIENCE = 60.0  # seconds to record an outcome: what is not recorded is told twice


class Later(Record):
    """Not now: in so many seconds, at the earliest."""

    seconds: float


class Courier:
    """Used by worker threads; all it asks of the store runs in `loop`, in another thread."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        commands: CommandHandler,
        claims: Claims,
        letters: Letters,
        *,
        channels: Mapping[str, Channel],
        queue: Queue,
        limit: RateLimit,
        rate: Rate,
        persistence: Persistence,
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
        claim = self._claims.claim(notification_id)
        if not self._run(claim.__aenter__()):
            return  # somebody is at it; if they die, it comes again
        try:
            self._deliver(notification_id)
        finally:
            self._run(claim.__aexit__(None, None, None))

    def _deliver(self, notification_id: NotificationId) -> None:
        told = self._run(self._commands.look(Notification(), notification_id))
        request = told.request
        if request is None or not told.pending:
            return
        plan = self._run(self._plan(told, request))
        if isinstance(plan, str):
            self._record(told, SuppressNotification(notification_id=notification_id, why=plan))
        elif isinstance(plan, Later):
            self._put_back(told, request, timedelta(seconds=plan.seconds))
        elif (too_fast := self._too_fast(request)) is not None:
            self._put_back(told, request, too_fast)
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
        preferences = await self._commands.look(
            Preferences(), preferences_stream(request.account_id)
        )
        return await self._letters.write(told, request, preferences)

    def _too_fast(self, request: NotificationRequested) -> timedelta | None:
        """Return how long to wait when this person was told too much over this channel lately."""
        try:
            allowance = self._limit.take(f"{request.account_id}:{request.channel}", self._rate)
        except Unavailable:
            return None  # better too much than nothing
        if allowance.allowed:
            return None
        # Spread, for many may wait and one of them is next.
        return timedelta(seconds=allowance.retry_after + random.uniform(0, SPREAD))  # noqa: S311

    def _hand_over(
        self, told: Notification, request: NotificationRequested, delivery: Delivery
    ) -> None:
        try:
            self._channels[delivery.channel].deliver(delivery)
        except DeliveryFailed as failed:
            after = self._record(told, self._failure(delivery, failed))
            if after.pending and after.attempt_at is not None:
                self._put_back(after, request, after.attempt_at - datetime.now(UTC))
        else:
            sent = RecordSent(notification_id=NotificationId(delivery.notification_id))
            self._record(told, sent)

    def _failure(self, delivery: Delivery, failed: DeliveryFailed) -> RecordFailure:
        wait = None if failed.retry_after is None else timedelta(seconds=failed.retry_after)
        return RecordFailure(
            notification_id=NotificationId(delivery.notification_id),
            failure=Failure(
                reason=failed.reason, permanent=failed.permanent, gone=failed.gone, retry_after=wait
            ),
            persistence=self._persistence,
            chance=random.random(),  # noqa: S311 - nobody gains by guessing it
        )

    def _put_back(
        self, told: Notification, request: NotificationRequested, wait: timedelta
    ) -> None:
        if wait > LONGEST_DELAY or told.id is None:
            return  # the sweeper brings it when its time has come
        parcel = Parcel(id=told.id, channel=request.channel, attempts=told.attempts)
        self._queue.put([parcel], delay=max(wait, timedelta()))

    def _record(self, told: Notification, command: NotificationCommand) -> Notification:
        """Record what became of it, for as long as it takes the store to come back."""
        deadline = time.monotonic() + PATIENCE
        while True:
            context = Context(
                actor="system:courier",
                now=datetime.now(UTC),
                correlation_id=told.correlation_id or command.notification_id,
                causation_id=event_id(command.notification_id, told.version),
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
