"""Reading single request headers without building a map of all of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_CODED = re.compile(r'-(?:gzip|zstd)"\Z')


def header(scope: Mapping[str, Any], name: bytes) -> str | None:
    """Return the value of the header `name` (in lower case), or None when it was not sent."""
    sent: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for key, value in sent:
        if key == name:
            return value.decode("latin-1")
    return None


def headers(scope: Mapping[str, Any], name: bytes) -> Sequence[bytes]:
    """Return the values of all headers `name` (in lower case), in their order."""
    return [value for key, value in scope["headers"] if key == name]


def known_tag(scope: Mapping[str, Any], tag: str) -> str | None:
    """Return the entity tag in If-None-Match that is `tag`, in whichever coding the client has it;
    None if the client has another version or none."""
    value = header(scope, b"if-none-match") or ""
    listed = (part.strip().removeprefix("W/") for part in value.split(","))
    return next((each for each in listed if without_coding(each) == tag), None)


def without_coding(tag: str) -> str:
    """Return the entity tag of a resource, given that of a response which may be compressed."""
    return _CODED.sub('"', tag)


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
