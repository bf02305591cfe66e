"""Ids computed from what they identify: of two that begin the same stream, the second fails."""

from datetime import datetime
from uuid import UUID, uuid5

from domain.values.email_address import normal_address
from domain.values.namespaces import (
    EMAIL_NAMESPACE,
    INBOX_NAMESPACE,
    PREFERENCES_NAMESPACE,
    REQUEST_NAMESPACE,
)


def email_stream(email: str) -> UUID:
    """Return the stream in which the owner of an address is recorded, whatever its spelling."""
    return uuid5(EMAIL_NAMESPACE, normal_address(email))


def request_stream(actor: str, key: str) -> UUID:
    """Return the stream that holds the answer to an idempotency key of one actor."""
    return uuid5(REQUEST_NAMESPACE, f"{actor}\n{key}")


def preferences_stream(account: UUID) -> UUID:
    """Return the stream of the notification preferences of an account."""
    return uuid5(PREFERENCES_NAMESPACE, str(account))


def inbox_stream(account: UUID) -> UUID:
    """Return the stream of the inbox of an account."""
    return uuid5(INBOX_NAMESPACE, str(account))


def notification_id(cause: UUID, recipient: str) -> UUID:
    """Return the id of the notification of one event to one recipient.

    `recipient` is a channel, or a channel and the id of one of its endpoints.
    """
    return uuid5(cause, recipient)


def event_id(stream: UUID, version: int) -> UUID:
    """Return the id of one event."""
    return uuid5(stream, str(version))


def occurrence_stream(series: UUID, occurrence: datetime) -> UUID:
    """Return the id of the task of a series at a wall time (naive)."""
    return uuid5(series, f"{occurrence:%Y-%m-%dT%H:%M:%S}")
