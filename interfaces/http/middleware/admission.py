"""Decides before a request is handled whether it is refused: for size, capacity or rate."""

from collections.abc import Mapping
from typing import Any

from application.ports.queries import asking_account
from interfaces.http.middleware.received_headers import ReceivedHeaders
from interfaces.http.protocol.authentication import identify
from interfaces.http.protocol.request import body_limit
from interfaces.http.protocol.request_context import RequestContext

MAX_TARGET_BYTES = 8 * 1024
MAX_HEADERS_BYTES = 32 * 1024
PROBES = "/health"  # of the orchestrator: always answered, and never counted


def beyond_size(scope: Mapping[str, Any], received: ReceivedHeaders) -> str | None:
    """Return the problem type if the body, the URL or the headers are too large."""
    if int(received.last(b"content-length") or b"0") > body_limit(scope["path"]):
        return "too-large"
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET_BYTES:
        return "uri-too-long"
    if received.size > MAX_HEADERS_BYTES:
        return "headers-too-large"
    return None


def beyond_share(scope: Mapping[str, Any], context: RequestContext) -> str | None:
    """Return the problem type if the client's address has too many requests in progress."""
    too_many = context.crowded and not scope["path"].startswith(PROBES)
    return "too-many-connections" if too_many else None


def beyond_capacity(scope: Mapping[str, Any], connected: int, most: int) -> str | None:
    """Return the problem type if more than `most` (0: any number) connections are open."""
    full = 0 < most < connected and not scope["path"].startswith(PROBES)
    return "unavailable" if full else None


async def beyond_rate(
    scope: Mapping[str, Any], received: ReceivedHeaders, context: RequestContext
) -> str | None:
    """Identify the client and count the request; return the problem type if it is one too many."""
    if scope["path"].startswith(PROBES):
        return None
    identify(context, received.first(b"authorization"))
    account = context.identity.account_id if context.identity else None
    asking_account.set(account)
    context.limit = await context.parts.limiter.check_request(context.address, account)
    if context.limit is None or context.limit.allowed:
        return None
    return "too-many-requests"
