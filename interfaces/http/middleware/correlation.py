"""Request ids, and the correlation ids of the events that a request records."""

import re
from uuid import UUID, uuid5

from domain.values.namespaces import CORRELATION_NAMESPACE
from interfaces.http.protocol.uuid7 import uuid7

REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}\Z")


def request_id_of(given: bytes | None) -> str:
    """Return the id the client gave, if it is acceptable, or a new one."""
    return given.decode() if given and REQUEST_ID.match(given) else str(uuid7())


def correlation_id_of(request_id: str) -> UUID:
    """Return the request id itself if it is a UUID, else the same UUID for the same id."""
    try:
        return UUID(request_id)
    except ValueError:
        return uuid5(CORRELATION_NAMESPACE, request_id)
