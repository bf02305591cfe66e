"""Headers that responses get: for every response security, id and limits; for refusals CORS."""

import math
from collections.abc import Sequence
from operator import itemgetter
from typing import TypeAlias

from application.ports.limits import LimitResult
from interfaces.http.protocol.headers import ANSWER_HEADERS
from interfaces.http.protocol.request_context import RequestContext

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

# An API answers with data: browsers must not run, frame, sniff or cache any of it.
SECURITY = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"cache-control", b"no-store"),
]
SECURITY_NAMES = frozenset(name for name, _ in SECURITY)
NAME = itemgetter(0)
EXPOSED = ", ".join(ANSWER_HEADERS).encode()


class ResponseHeaders(list[tuple[bytes, bytes]]):
    """The headers of a response: `SECURITY` comes first, if it `has_security` whole."""

    has_security = False


def with_common_headers(
    headers: Headers, more: Headers, context: RequestContext
) -> ResponseHeaders:
    """Add the headers of every response; a security header that is set already wins."""
    if SECURITY_NAMES.isdisjoint(map(NAME, headers)):
        result = ResponseHeaders(SECURITY)
        result.has_security = True
    else:
        own = {name for name, _ in headers}
        result = ResponseHeaders(header for header in SECURITY if header[0] not in own)
    result += headers
    result += more
    result.append((b"x-request-id", context.request_id.encode()))
    if context.limit is not None:
        result += rate_limit_headers(context.limit)
    return result


def rate_limit_headers(result: LimitResult) -> list[tuple[bytes, bytes]]:
    """Return RateLimit-Policy and RateLimit, and Retry-After if the request is refused."""
    rule, rate = result.rule, result.rule.rate
    reset = result.retry_after or (rate.limit - result.remaining) * rate.per / rate.limit
    policy = f'"{rule.name}";q={rate.limit};w={math.ceil(rate.per)}'
    headers = [
        (b"ratelimit-policy", policy.encode()),
        (b"ratelimit", f'"{rule.name}";r={result.remaining};t={math.ceil(reset)}'.encode()),
    ]
    if not result.allowed:
        headers.append((b"retry-after", b"%d" % max(1, math.ceil(result.retry_after))))
    return headers


def cors_headers(origin: str | None, allowed: frozenset[str]) -> Headers:
    """Let an allowed web page read why the edge refused it; Litestar does so for the rest."""
    if origin is None or origin not in allowed:
        return ()
    return (
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-expose-headers", EXPOSED),
        (b"vary", b"Origin"),
    )
