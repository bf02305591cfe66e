"""What became of one notification, as a reason."""

from datetime import datetime
from enum import StrEnum

from domain.notification import Notification, NotificationState
from domain.record import Record
from domain.values.delivery_reason import DeliveryReason, delivery_reason
from domain.vocabulary import ChannelName


class OutcomeState(StrEnum):
    """Whether a channel delivered; `unknown`: it may have, which is not recorded."""

    DELIVERED = "delivered"
    WAITING = "waiting"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


class Outcome(Record):
    """`detail` is what a receiver answered, or why an endpoint is off; `until` is the end of the
    quiet hours or the next attempt."""

    state: OutcomeState
    reason: DeliveryReason
    detail: str = ""
    until: datetime | None = None


def outcome_of(
    notification: Notification, now: datetime, *, digest: Notification | None = None
) -> Outcome:
    """Return the outcome of a notification, or of the digest that it is part of."""
    request = notification.request
    if request is None:
        return Outcome(state=OutcomeState.WAITING, reason=DeliveryReason.BEING_REQUESTED)
    if request.digest_id is not None:
        return _in_digest(digest, now)
    if request.channel is ChannelName.IN_APP:
        return Outcome(state=OutcomeState.DELIVERED, reason=DeliveryReason.IN_INBOX)
    if notification.pending and not notification.attempts:
        held = request.not_before is not None and request.not_before > now
        return Outcome(
            state=OutcomeState.WAITING,
            reason=DeliveryReason.QUIET_HOURS if held else DeliveryReason.QUEUED,
            until=request.not_before if held else None,
        )
    return settled(
        notification.state, notification.reason, notification.attempts, notification.attempt_at
    )


def _in_digest(digest: Notification | None, now: datetime) -> Outcome:
    whole = None if digest is None else outcome_of(digest, now)
    if whole is None or whole.state is OutcomeState.WAITING:
        until = None if digest is None else digest.attempt_at
        return Outcome(state=OutcomeState.WAITING, reason=DeliveryReason.DIGEST, until=until)
    if whole.state is OutcomeState.DELIVERED:
        return Outcome(state=OutcomeState.DELIVERED, reason=DeliveryReason.DIGEST)
    return whole


def settled(
    state: NotificationState | str, reason: str, attempts: int, attempt_at: datetime | None
) -> Outcome:
    """Return the outcome of a notification that is not part of a digest."""
    match NotificationState(state):
        case NotificationState.SENT:
            return Outcome(state=OutcomeState.DELIVERED, reason=DeliveryReason.SENT)
        case NotificationState.SUPPRESSED:
            code = delivery_reason(reason)
            detail = reason if code is DeliveryReason.OTHER else ""
            return Outcome(state=OutcomeState.NOT_SENT, reason=code, detail=detail)
        case NotificationState.DEAD:
            dead = DeliveryReason.DEAD_LETTER
            return Outcome(state=OutcomeState.NOT_SENT, reason=dead, detail=reason)
        case NotificationState.DISCARDED:
            discarded = DeliveryReason.DISCARDED
            return Outcome(state=OutcomeState.NOT_SENT, reason=discarded, detail=reason)
        case NotificationState.PENDING:
            code = DeliveryReason.RETRYING if attempts else DeliveryReason.QUEUED
            until = attempt_at if attempts else None
            detail = reason if attempts else ""
            return Outcome(state=OutcomeState.WAITING, reason=code, detail=detail, until=until)
