"""Names of the streams whose identity is their meaning: the second to write one loses."""

from uuid import UUID, uuid5

_EMAIL = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b01")
_REQUEST = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b02")


def email_stream(email: str) -> UUID:
    """Return the stream in which the owner of an address is recorded, whatever its case."""
    return uuid5(_EMAIL, email.strip().casefold())


def request_stream(asker: str, key: str) -> UUID:
    """Return the stream that remembers the answer to one asker's idempotency key."""
    return uuid5(_REQUEST, f"{asker}\n{key}")


def event_id(stream: UUID, version: int) -> UUID:
    """Return the name of one event, the same for ever."""
    return uuid5(stream, str(version))
