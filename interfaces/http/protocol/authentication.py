"""Authentication: a credential proves an identity, once for each request."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from application.ports.identity import BadToken, Claim, Identity
from application.ports.queries import asking_account
from application.ports.unavailable import Unavailable
from domain.vocabulary import Role
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.request_context import RequestContext

CHALLENGE = 'Bearer realm="annals"'
BAD_TOKEN_CHALLENGE = f'{CHALLENGE}, error="invalid_token"'
MAX_TICKET_LENGTH = 100  # characters; ours have 43


def identify(context: RequestContext, authorization: str | None) -> Claim | None:
    """Put the identity of a credential that is remembered into the context of a request.

    Returns the claim of any other credential, which `prove` looks up. A bad credential refuses
    nothing here: routes that need none ignore it.
    """
    if authorization is None:
        return None
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "bearer":
        context.unproved = BadToken("Only Bearer tokens are understood.")
        return None
    credential, authenticator = rest.strip(), context.parts.login.authenticator
    identity = authenticator.recall(credential)
    if identity is not None:
        context.belongs_to(identity)
        return None
    try:
        return authenticator.claim(credential)
    except BadToken as bad:
        context.unproved = bad
        return None


async def prove(context: RequestContext, claim: Claim) -> None:
    """Look up a claim, and put its identity into the context of the request."""
    try:
        identity = await context.parts.login.authenticator.prove(claim)
    except (BadToken, Unavailable) as reason:
        context.unproved = reason
    else:
        context.belongs_to(identity)


async def identify_with_ticket(context: RequestContext, scope: Mapping[str, Any]) -> None:
    """Put the identity of a ticket in the address, if there is one, into the context.

    Raises:
        HttpProblem: 401, the ticket is used, expired or unknown, or its session has ended.
        Unavailable: the ticket cannot be looked up.
    """
    ticket = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("ticket")
    if ticket is None:
        return
    known = len(ticket) <= MAX_TICKET_LENGTH
    identity = await context.parts.live.tickets.redeem(ticket) if known else None
    if identity is None:
        raise HttpProblem(
            "not-authenticated",
            "The ticket is used or expired. POST /api/v1/stream/tickets returns a new one.",
        )
    try:
        # What the ticket was issued to may have ended since.
        identity = await context.parts.login.authenticator.look_up(identity)
    except BadToken as bad:
        raise HttpProblem("not-authenticated", str(bad)) from bad
    context.belongs_to(identity)
    asking_account.set(identity.account_id)


def authenticated(context: RequestContext) -> Identity:
    """Return the identity of the client.

    Raises:
        HttpProblem: 401, the request has no credential, or a bad one.
        Unavailable: the credential cannot be looked up.
    """
    if context.identity is not None:
        return context.identity
    if isinstance(context.unproved, Unavailable):
        raise context.unproved
    if context.unproved is None:
        raise HttpProblem(
            "not-authenticated",
            "An access token is needed: `Authorization: Bearer …`. POST /api/v1/auth/login"
            " returns one.",
            headers={"WWW-Authenticate": CHALLENGE},
        )
    raise HttpProblem(
        "not-authenticated",
        str(context.unproved),
        headers={"WWW-Authenticate": BAD_TOKEN_CHALLENGE},
    ) from context.unproved


def may_see_everything(identity: Identity) -> bool:
    return bool(identity.roles & {Role.AUDITOR, Role.ADMIN})
