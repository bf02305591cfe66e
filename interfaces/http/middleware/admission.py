"""Decides before a request is handled whether it is refused: for form, size, capacity or rate."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from application.ports.queries import asking_account
from interfaces.http.middleware.received_headers import ReceivedHeaders
from interfaces.http.protocol.authentication import identify, prove
from interfaces.http.protocol.request import body_limit
from interfaces.http.protocol.request_context import RequestContext
from interfaces.http.protocol.values import whole_number

MAX_TARGET_BYTES = 8 * 1024
MAX_HEADERS_BYTES = 32 * 1024
PROBES = "/health"  # of the orchestrator: always answered, and never counted


VERSIONS = frozenset(("1.0", "1.1", "2"))
# A name, an address or [an IPv6 address], and a port.
HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?\Z")
CHUNKED = [b"chunked"]
MAX_HOST_BYTES = 262  # of a name of 255 bytes, with a port


def malformed(scope: Mapping[str, Any], received: ReceivedHeaders) -> str | None:
    """Return the problem type if the version is none, if not exactly one host is named, or if the
    body is coded in a way that is not understood.

    Two servers could take such a request for requests to two services, or for two requests
    (RFC 9112, 3.2 and 6.1).
    """
    hosts, version = received.all(b"host"), scope["http_version"]
    if len(hosts) == 1:
        good = version in VERSIONS and is_host(hosts[0])
    else:
        good = version == "1.0" and not hosts
    codings = received.all(b"transfer-encoding")
    coded = not codings or (version != "1.0" and [each.lower() for each in codings] == CHUNKED)
    return None if good and coded else "malformed"


@lru_cache(maxsize=256)
def is_host(value: bytes) -> bool:
    """Return whether a value of the Host header names a host."""
    return len(value) <= MAX_HOST_BYTES and HOST.match(value) is not None


def beyond_size(scope: Mapping[str, Any], received: ReceivedHeaders) -> str | None:
    """Return the problem type if the body, the URL or the headers are too large."""
    length = received.last(b"content-length")
    if length is not None:
        most = body_limit(scope["path"])
        if whole_number(length.decode("latin-1"), largest=most) is None:
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
    claim = identify(context, received.first(b"authorization"))
    account = context.identity.account_id if context.identity else None
    if claim is not None and claim.signed is not None:
        account = claim.signed.account_id
    asking_account.set(account)
    context.limit = await context.parts.limiter.check_request(context.address, account)
    if context.limit is not None and not context.limit.allowed:
        return "too-many-requests"
    if claim is not None:
        await prove(context, claim)
        asking_account.set(context.identity.account_id if context.identity else None)
    if context.identity is not None:
        context.parts.queries.notice(context.identity.account_id)
    return None
