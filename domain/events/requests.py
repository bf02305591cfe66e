"""The event of an idempotency key."""

from uuid import UUID

from domain.events.event import Event


class RequestAnswered(Event, tag="request.answered"):
    """A request with an idempotency key was answered by `version` of the stream `subject`. It is
    the first event of the stream of the key, so that a second answer fails."""

    fingerprint: str
    subject: UUID
    version: int
