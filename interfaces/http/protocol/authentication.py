"""Who is asking: the bearer token of a request, turned into an identity."""

from domain.vocabulary import Role
from infrastructure.bootstrap import BadToken, Identity, Service
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.problems import HttpProblem
from interfaces.http.protocol.request import AnyRequest

CHALLENGE = 'Bearer realm="annals"'


def service(request: AnyRequest) -> Service:
    found: Service = request.scope["litestar_app"].state.service
    return found


def authenticate(request: AnyRequest) -> Identity:
    """Return who is asking.

    Raises:
        TurnedDown: 401, no token came along, or none that proves anything.
    """
    sent = header(request.scope, b"authorization")
    if sent is None:
        raise HttpProblem(
            "not-authenticated",
            "This needs an access token: `Authorization: Bearer …`; /api/v1/auth/login gives one.",
            headers={"WWW-Authenticate": CHALLENGE},
        )
    scheme, _, token = sent.partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise BadToken("Only Bearer tokens are understood.")
        return service(request).tokens.verify(token.strip())
    except BadToken as bad:
        raise HttpProblem(
            "not-authenticated",
            str(bad),
            headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'},
        ) from bad


def may_see_everything(identity: Identity) -> bool:
    return bool(identity.roles & {Role.AUDITOR, Role.ADMIN})
