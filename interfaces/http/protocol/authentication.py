"""Authentication: an access token proves an identity, once for each request."""

from application.ports.identity import BadToken, Identity
from domain.vocabulary import Role
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.request_context import RequestContext

CHALLENGE = 'Bearer realm="annals"'
BAD_TOKEN_CHALLENGE = f'{CHALLENGE}, error="invalid_token"'


def identify(context: RequestContext, authorization: str | None) -> None:
    """Verify the access token of a request, and put the result into its context.

    A bad token refuses nothing here: routes that need no token ignore it.
    """
    if authorization is None:
        return
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        context.bad_token = BadToken("Only Bearer tokens are understood.")
        return
    try:
        identity = context.parts.login.tokens.verify(token.strip())
    except BadToken as bad:
        context.bad_token = bad
    else:
        context.belongs_to(identity)


def authenticated(context: RequestContext) -> Identity:
    """Return the identity of the client.

    Raises:
        HttpProblem: 401, the request has no access token, or a bad one.
    """
    if context.identity is not None:
        return context.identity
    if context.bad_token is None:
        raise HttpProblem(
            "not-authenticated",
            "An access token is needed: `Authorization: Bearer …`. POST /api/v1/auth/login"
            " returns one.",
            headers={"WWW-Authenticate": CHALLENGE},
        )
    raise HttpProblem(
        "not-authenticated",
        str(context.bad_token),
        headers={"WWW-Authenticate": BAD_TOKEN_CHALLENGE},
    ) from context.bad_token


def may_see_everything(identity: Identity) -> bool:
    return bool(identity.roles & {Role.AUDITOR, Role.ADMIN})
