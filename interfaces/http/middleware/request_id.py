"""Request ids: given by the client, or new."""

import re

from interfaces.http.protocol.uuid7 import uuid7

REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}\Z")


def request_id_of(given: bytes | None) -> str:
    """Return the id the client gave, if it is acceptable, or a new one."""
    return given.decode() if given and REQUEST_ID.match(given) else str(uuid7())
