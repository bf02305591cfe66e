"""Reading single request headers without building a map of all of them."""

from collections.abc import Iterable, Mapping
from typing import Any


def header(scope: Mapping[str, Any], name: bytes) -> str | None:
    """Return the value of the header `name` (in lower case), or None when it was not sent."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for key, value in headers:
        if key == name:
            return value.decode("latin-1")
    return None


# What a web page of another origin may send and read.
REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Annals-Min-Position",
    "Last-Event-ID",
    "Traceparent",
    "X-Request-ID",
)
ANSWER_HEADERS = (
    "ETag",
    "Location",
    "Annals-Position",
    "Annals-Change",
    "Idempotency-Replayed",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
)
