"""Names of the streams whose identity is their meaning: the second to write one loses."""

from datetime import datetime
from uuid import UUID, uuid5

from domain.values.namespaces import (
    EMAIL_NAMESPACE,
    INBOX_NAMESPACE,
    PREFERENCES_NAMESPACE,
    REQUEST_NAMESPACE,
)


def email_stream(email: str) -> UUID:
    """Return the stream in which the owner of an address is recorded, whatever its case."""
    return uuid5(EMAIL_NAMESPACE, email.strip().casefold())


def request_stream(asker: str, key: str) -> UUID:
    """Return the stream that remembers the answer to one asker's idempotency key."""
    return uuid5(REQUEST_NAMESPACE, f"{asker}\n{key}")


def preferences_stream(account: UUID) -> UUID:
    """Return the stream of how an account wishes to be told."""
    return uuid5(PREFERENCES_NAMESPACE, str(account))


def inbox_stream(account: UUID) -> UUID:
    """Return the stream of what an account did with its inbox as a whole."""
    return uuid5(INBOX_NAMESPACE, str(account))


def notification_id(cause: UUID, recipient: str) -> UUID:
    """Return the name of what is told because of one event: a second telling is the same one.

    `recipient` is a channel, or a channel and the id of one of its endpoints.
    """
    return uuid5(cause, recipient)


def event_id(stream: UUID, version: int) -> UUID:
    """Return the name of one event, the same for ever."""
    return uuid5(stream, str(version))


def occurrence_stream(series: UUID, occurrence: datetime) -> UUID:
    """Return the task that a series has at a wall time (naive): made twice, it is still one."""
    return uuid5(series, f"{occurrence:%Y-%m-%dT%H:%M:%S}")
