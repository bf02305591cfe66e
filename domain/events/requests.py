"""The fact that a request under an idempotency key was answered."""

from uuid import UUID

from domain.events.event import Event


class RequestAnswered(Event, tag="request.answered"):
    """A request under an idempotency key was answered by `version` of the stream `subject`:
    first in the stream named after the key, so that a second answer loses on the key."""

    fingerprint: str
    subject: UUID
    version: int
