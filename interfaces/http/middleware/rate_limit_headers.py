"""The RateLimit headers of a response (draft-ietf-httpapi-ratelimit-headers)."""

import math

from application.ports.limits import LimitResult


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
