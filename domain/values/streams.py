"""Ids computed from what they identify: of two that begin the same stream, the second fails."""

import hmac
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from domain.record import Record
from domain.values.email_address import normal_address
from domain.values.uuids import (
    CHANGES_NAMESPACE,
    INBOX_NAMESPACE,
    OPERATIONS_NAMESPACE,
    PREFERENCES_NAMESPACE,
    SECOND_FACTORS_NAMESPACE,
    named_uuid,
)


class StreamNames(Record):
    """Ids and digests of what people could guess, under the secret of the installation.

    The log is kept for ever and read by many. A plain hash in it, of an address or of a request,
    would confirm every right guess; these mean nothing to a reader without the secret.
    """

    secret: bytes

    def address_stream(self, email: str) -> UUID:
        """Return the stream in which the owner of an address is recorded, in any spelling."""
        return self._id(b"address", normal_address(email))

    def provider_stream(self, issuer: str, subject: str) -> UUID:
        """Return the stream that says which account a person's name at a provider belongs to."""
        return self._id(b"provider", issuer, subject)

    def request_stream(self, actor: str, key: str) -> UUID:
        """Return the stream that holds the answer to an idempotency key of one actor."""
        return self._id(b"request", actor, key)

    def endpoint_id(self, actor: str, key: str) -> UUID:
        """Return the id of the endpoint that an actor adds under an idempotency key."""
        return self._id(b"endpoint", actor, key)

    def correlation_id(self, actor: str, request_id: str) -> UUID:
        """Return the correlation id of a request that an actor gave an id of its own."""
        return self._id(b"correlation", actor, request_id)

    def network_pseudonym(self, address: str) -> str:
        """Return what stands in the log for a network address: the same for the same address."""
        return self._digest(b"network", [address.encode()])[:8].hex()

    def fingerprint(self, parts: Iterable[bytes]) -> str:
        """Return the digest by which a repeated request is known as the same."""
        return self._digest(b"fingerprint", parts).hex()

    def _id(self, purpose: bytes, *parts: str) -> UUID:
        digest = bytearray(self._digest(purpose, (part.encode() for part in parts))[:16])
        digest[6] = digest[6] & 0x0F | 0x80  # a UUID of version 8: computed our own way
        digest[8] = digest[8] & 0x3F | 0x80
        return UUID(bytes=bytes(digest))

    def _digest(self, purpose: bytes, parts: Iterable[bytes]) -> bytes:
        # With the length in front, no two lists of parts have the same bytes.
        message = b"".join(
            b"%b%b" % (len(part).to_bytes(8, "big"), part) for part in (purpose, *parts)
        )
        return hmac.digest(self.secret, message, "sha256")

    def __repr__(self) -> str:
        return "StreamNames()"  # the secret must not reach a log


@lru_cache(maxsize=4096)  # each task with a due date asks for it
def preferences_stream(account: UUID) -> UUID:
    """Return the stream of the notification preferences of an account."""
    return named_uuid(PREFERENCES_NAMESPACE, str(account))


def inbox_stream(account: UUID) -> UUID:
    """Return the stream of the inbox of an account."""
    return named_uuid(INBOX_NAMESPACE, str(account))


def second_factors_stream(account: UUID) -> UUID:
    """Return the stream of the second factors of an account."""
    return named_uuid(SECOND_FACTORS_NAMESPACE, str(account))


def payload_stream(reader: UUID, stream: UUID) -> UUID:
    """Return the stream that says when an operator read the data of another stream."""
    return named_uuid(OPERATIONS_NAMESPACE, f"{reader} {stream}")


def parked_event_stream(view: str, position: int) -> UUID:
    """Return the stream of what operators did to an event that a reader parked."""
    return named_uuid(OPERATIONS_NAMESPACE, f"{view} {position}")


def undo_stream(change_id: UUID) -> UUID:
    """Return the stream that says by which changes a change was undone."""
    return named_uuid(CHANGES_NAMESPACE, str(change_id))


def notification_id(cause: UUID, recipient: str) -> UUID:
    """Return the id of the notification of one event to one recipient.

    `recipient` is a channel, or a channel and the id of one of its endpoints.
    """
    return named_uuid(cause, recipient)


def event_id(stream: UUID, version: int) -> UUID:
    """Return the id of one event."""
    return named_uuid(stream, str(version))


def occurrence_stream(series: UUID, occurrence: datetime) -> UUID:
    """Return the id of the task of a series at a wall time (naive)."""
    return named_uuid(series, f"{occurrence:%Y-%m-%dT%H:%M:%S}")
