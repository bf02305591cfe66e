"""Why a notification is sent over a channel, waits, or is not sent: the codes that clients see."""

from enum import StrEnum


class DeliveryReason(StrEnum):
    """The text of a code is in `application/explaining/reason_texts.py`.

    `notification.suppressed` stores the code. Earlier releases stored a sentence, which is `OTHER`.
    """

    # The reminder was not sent at all.
    NOT_DUE = "not_due"
    REMINDER_CANCELLED = "reminder_cancelled"
    TOO_LATE = "too_late"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_DELETED = "account_deleted"
    # The preferences exclude the channel.
    TOPIC_OFF = "topic_off"
    CHANNEL_OFF = "channel_off"
    NO_ADDRESS = "no_address"
    ADDRESS_NOT_CONFIRMED = "address_not_confirmed"
    ADDRESS_CHANGED = "address_changed"
    NO_ENDPOINT = "no_endpoint"
    ENDPOINT_OFF = "endpoint_off"
    ENDPOINT_REMOVED = "endpoint_removed"
    ONLINE = "online"
    # It waits.
    BEING_REQUESTED = "being_requested"
    QUIET_HOURS = "quiet_hours"
    DIGEST = "digest"
    QUEUED = "queued"
    RETRYING = "retrying"
    # It was delivered.
    SENT = "sent"
    IN_INBOX = "in_inbox"
    # It cannot be delivered.
    CHANNEL_NOT_SET_UP = "channel_not_set_up"
    LINK_EXPIRED = "link_expired"
    TOO_MANY_LINKS = "too_many_links"
    DEAD_LETTER = "dead_letter"
    DISCARDED = "discarded"
    OTHER = "other"
    # Streams and sockets.
    STREAM_OPEN = "stream_open"
    STREAMS_UNKNOWN = "streams_unknown"


_CODES = frozenset(reason.value for reason in DeliveryReason)


def delivery_reason(stored: str) -> DeliveryReason:
    """Return the code that an event stores, OTHER for a sentence of an earlier release."""
    return DeliveryReason(stored) if stored in _CODES else DeliveryReason.OTHER
