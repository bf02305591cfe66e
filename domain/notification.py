"""A notification: one message to one account over one channel."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Self, assert_never, get_args
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.errors import NotADeadLetter
from domain.events.event import Event
from domain.events.notifications import (
    NotificationDeadLettered,
    NotificationDiscarded,
    NotificationEvent,
    NotificationFailed,
    NotificationRead,
    NotificationRequested,
    NotificationRetried,
    NotificationSent,
    NotificationSuppressed,
    NotificationUnread,
)
from domain.events.recorded import Recorded
from domain.record import Record
from domain.values.delivery_reason import DeliveryReason
from domain.vocabulary import AccountId, ChannelName, EndpointId, NotificationId


class NotificationState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    SUPPRESSED = "suppressed"
    DEAD = "dead"
    DISCARDED = "discarded"


class DeliveryFailure(Record):
    """Why an attempt failed. `permanent`: another attempt would fail, too. `gone`: the address no
    longer exists. `retry_after` is what the receiver asked for."""

    reason: str
    permanent: bool
    gone: bool = False
    retry_after: timedelta | None = None


class RetryPolicy(Record):
    """How often a notification is attempted, and after which waits: each is twice the one before,
    and `chance` (0 to 1) shortens it by up to a half, so that retries spread."""

    attempts: int
    first_wait: timedelta
    longest_wait: timedelta

    def wait(self, attempt: int, failure: DeliveryFailure, chance: float) -> timedelta:
        doubled = min(self.first_wait * 2.0 ** min(attempt - 1, 30), self.longest_wait)
        return max(doubled * (1 - chance / 2), failure.retry_after or timedelta())


class Notification(Aggregate[NotificationEvent]):
    """The present state of one notification. Before it is requested there is no request. `read` is
    the last mark, made at `marked_at`."""

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(NotificationEvent))

    version: int = 0
    id: NotificationId | None = None
    request: NotificationRequested | None = None
    requested_at: datetime | None = None
    correlation_id: UUID | None = None
    state: NotificationState = NotificationState.PENDING
    attempts: int = 0
    attempt_at: datetime | None = None
    reason: str = ""
    read: bool = False
    marked_at: datetime | None = None

    @property
    def pending(self) -> bool:
        return self.request is not None and self.state is NotificationState.PENDING

    @property
    def account_id(self) -> AccountId | None:
        return self.request.account_id if self.request else None

    @property
    def endpoint_id(self) -> EndpointId | None:
        return self.request.endpoint_id if self.request else None

    def sent(self) -> Sequence[NotificationEvent]:
        if not self.pending:
            return []
        return [NotificationSent(attempt=self.attempts + 1, endpoint_id=self.endpoint_id)]

    def failed(
        self, failure: DeliveryFailure, retry_policy: RetryPolicy, now: datetime, *, chance: float
    ) -> Sequence[NotificationEvent]:
        """Schedule the next attempt, or give the notification up."""
        if not self.pending:
            return []
        attempt = self.attempts + 1
        given_up = failure.permanent or attempt >= retry_policy.attempts
        wait = retry_policy.wait(attempt, failure, chance)
        failed = NotificationFailed(
            attempt=attempt,
            reason=failure.reason,
            permanent=failure.permanent,
            gone=failure.gone,
            retry_at=None if given_up else now + wait,
            endpoint_id=self.endpoint_id,
        )
        if not given_up:
            return [failed]
        return [
            failed,
            NotificationDeadLettered(reason=failure.reason, endpoint_id=self.endpoint_id),
        ]

    def suppress(self, why: DeliveryReason) -> Sequence[NotificationEvent]:
        return [NotificationSuppressed(why=why)] if self.pending else []

    def retry(self) -> Sequence[NotificationEvent]:
        if self.pending:
            return []
        if self.state not in {NotificationState.DEAD, NotificationState.DISCARDED}:
            raise NotADeadLetter(self.state)
        if self.request is None:
            return []
        return [NotificationRetried(channel=self.request.channel)]

    def discard(self) -> Sequence[NotificationEvent]:
        if self.state is NotificationState.DISCARDED:
            return []
        if self.state is not NotificationState.DEAD:
            raise NotADeadLetter(self.state)
        return [NotificationDiscarded()]

    def mark(self, *, read: bool) -> Sequence[NotificationEvent]:
        """Mark it as read or unread. Unread is always recorded, because the whole inbox may have
        been read since, which this stream does not show."""
        if not read:
            return [NotificationUnread()]
        return [] if self.read else [NotificationRead()]

    def evolve(self, event: NotificationEvent, recorded: Recorded) -> Self:
        now = replace(self, version=recorded.originator_version)
        match event:
            case NotificationRequested():
                return self._requested(event, recorded)
            case NotificationSent(attempt=attempt):
                return replace(
                    now, state=NotificationState.SENT, attempts=attempt, attempt_at=None, reason=""
                )
            case NotificationFailed(attempt=attempt, reason=reason, retry_at=retry_at):
                return replace(now, attempts=attempt, reason=reason, attempt_at=retry_at)
            case NotificationDeadLettered(reason=reason):
                return replace(now, state=NotificationState.DEAD, reason=reason, attempt_at=None)
            case NotificationSuppressed(why=why):
                return replace(now, state=NotificationState.SUPPRESSED, reason=why, attempt_at=None)
            case NotificationRetried():
                return replace(
                    now,
                    state=NotificationState.PENDING,
                    attempts=0,
                    attempt_at=recorded.recorded_at,
                )
            case NotificationDiscarded():
                return replace(now, state=NotificationState.DISCARDED)
            case NotificationRead() | NotificationUnread():
                then = recorded.recorded_at if event.marked_at is UNSET else event.marked_at
                return replace(now, read=isinstance(event, NotificationRead), marked_at=then)
            case _:
                assert_never(event)

    @classmethod
    def _requested(cls, event: NotificationRequested, recorded: Recorded) -> Self:
        state = NotificationState.PENDING
        if event.channel is ChannelName.IN_APP:
            state = NotificationState.SENT
        elif event.digest_id is not None:
            state = NotificationState.SUPPRESSED
        pending = state is NotificationState.PENDING
        return cls(
            version=recorded.originator_version,
            id=NotificationId(recorded.originator_id),
            request=event,
            requested_at=recorded.recorded_at,
            correlation_id=recorded.correlation_id,
            state=state,
            reason=DeliveryReason.DIGEST if event.digest_id is not None else "",
            attempt_at=(event.not_before or recorded.recorded_at) if pending else None,
        )
