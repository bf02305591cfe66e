"""Request ids that clients give."""

import re

REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}\Z")


def given_request_id(header: bytes | None) -> str | None:
    """Return the id the client gave, if it is acceptable."""
    return header.decode() if header and REQUEST_ID.match(header) else None
