"""Accounts and the tokens that speak for them."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import Response, Router, get, post
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from application.commands.accounts import AccountStream, RegisterAccount
from domain.account import Account
from domain.errors import AccountNotFound, DomainError, KeyReused
from domain.events.accounts import EmailClaimed
from domain.record import Record
from domain.values.streams import email_stream
from domain.vocabulary import AccountId, Email, Name, Role
from infrastructure.bootstrap import TokenPair
from interfaces.http.openapi.documentation import (
    CREATED,
    VERSIONED,
    Documented,
    Registering,
    problems,
)
from interfaces.http.protocol.authentication import service
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import context, idempotency_key, respond
from interfaces.http.protocol.login_limit import check_login_limit
from interfaces.http.protocol.parameters import check_request, only_known
from interfaces.http.protocol.problems import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest

# Long enough to be worth hashing, short enough not to be a burden; what it is made of is free.
Password = Annotated[str, Meta(min_length=10, max_length=128, description="10–128 characters")]
AnyPassword = Annotated[str, Meta(max_length=128)]
AnyEmail = Annotated[str, Meta(max_length=254)]
RefreshToken = Annotated[str, Meta(min_length=1, max_length=128)]

ANYBODY = "anonymous"


class NewAccount(Record, forbid_unknown_fields=True):
    email: Email
    password: Password
    name: Name | UnsetType = UNSET


class Login(Record, forbid_unknown_fields=True):
    email: AnyEmail
    password: AnyPassword


class Refresh(Record, forbid_unknown_fields=True):
    refresh_token: RefreshToken


class AccountBody(Record):
    id: AccountId
    email: str
    name: str
    roles: Sequence[Role]
    registered_at: Any
    version: int


class TokensBody(Record):
    """`expires_in` and `refresh_expires_in` are in seconds. A refresh token is good once."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


def body_of(account: Account) -> AccountBody:
    if account.id is None:
        raise AccountNotFound(ANYBODY)  # nothing was ever recorded of it
    return AccountBody(
        id=account.id,
        email=account.email,
        name=account.name,
        roles=account.roles,
        registered_at=account.registered_at,
        version=account.version,
    )


def _tokens(made: TokenPair) -> TokensBody:
    return TokensBody(
        access_token=made.access_token,
        token_type="Bearer",  # noqa: S106 - a kind, no secret
        expires_in=made.expires_in,
        refresh_token=made.refresh_token,
        refresh_expires_in=made.refresh_expires_in,
    )


@post(
    "/register",
    dto=Body,
    operation_id="register",
    operation_class=Registering,
    responses=problems(400, 409, 413, 415, 422, 503),
    response_headers=CREATED,
)
async def register(data: JSONBody[NewAccount], request: AnnalsRequest) -> Response[AccountBody]:
    """Open an account. Its name is the part before the @ unless one is given."""
    await check_login_limit(request, data.email)
    credentials, commands = service(request).credentials, service(request).commands
    name = data.email.partition("@")[0] if data.name is UNSET else data.name
    account_id = AccountId(uuid4())
    # The fingerprint of a request is kept for good, and a password must not be guessed from it.
    asked = await idempotency_key(request, ANYBODY, body=f"{data.email}\n{name}".encode())
    # First the password: an account without one could never be entered, while a password
    # without an account is a row nobody will ask for.
    await credentials.set(account_id, data.password)
    try:
        receipt = await commands.handle(
            RegisterAccount(account_id=account_id, email=data.email, name=name),
            context(request, str(account_id)),
            key=asked,
        )
    except DomainError:
        await credentials.forget(account_id)
        raise
    if receipt.replayed:
        await credentials.forget(account_id)
        if not await credentials.verify(receipt.state.id, data.password):
            raise KeyReused
    return respond(body_of(receipt.state), receipt, status=201, location="/api/v1/auth/me")


@post(
    "/login",
    dto=Body,
    status_code=200,
    operation_id="login",
    operation_class=Documented,
    responses=problems(400, 401, 413, 415, 422, 503),
)
async def login(data: JSONBody[Login], request: AnnalsRequest) -> TokensBody:
    """Begin a session. It records nothing, so an Idempotency-Key means nothing here."""
    await check_login_limit(request, data.email)
    account_id = await _account_of(request, data.email)
    known = await service(request).credentials.verify(account_id, data.password)
    if account_id is None or not known:
        raise HttpProblem(
            "bad-credentials",
            "No account has this email address and this password.",
            headers={"WWW-Authenticate": 'Bearer realm="annals"'},
        )
    account = await _account(request, account_id)
    return _tokens(await service(request).sessions.login(account_id, account.roles))


@post(
    "/refresh",
    dto=Body,
    status_code=200,
    operation_id="refresh",
    operation_class=Documented,
    responses=problems(400, 401, 413, 415, 422, 503),
)
async def refresh(data: JSONBody[Refresh], request: AnnalsRequest) -> TokensBody:
    """Exchange a refresh token for new tokens. Used twice, it ends the session: somebody
    else must have had it."""
    await check_login_limit(request, data.refresh_token)
    door = service(request).sessions
    session = await door.renew(data.refresh_token)
    if session is None:
        raise HttpProblem(
            "session-ended",
            "This refresh token is not good, or its session has ended; log in again.",
            headers={"WWW-Authenticate": 'Bearer realm="annals", error="invalid_token"'},
        )
    account = await _account(request, session.account_id)
    return _tokens(door.tokens_for(session, account.roles))


@post(
    "/logout",
    dto=Body,
    status_code=204,
    operation_id="logout",
    operation_class=Documented,
    responses=problems(400, 413, 415, 422, 503),
)
async def logout(data: JSONBody[Refresh], request: AnnalsRequest) -> None:
    """End the session a refresh token belongs to; well, too, when it had ended before."""
    await service(request).sessions.logout(data.refresh_token)


@get(
    "/me",
    before_request=check_request,
    operation_id="get_me",
    operation_class=Documented,
    responses=problems(401, 503),
    response_headers=VERSIONED,
    security=[{"bearer": []}],
)
async def me(request: AnnalsRequest) -> Response[AccountBody]:
    """Say whom the access token speaks for."""
    asked = AccountStream(account_id=request.scope["auth"].account_id)
    who = context(request, request.scope["auth"].actor)
    receipt = await service(request).commands.read(asked, who)
    return respond(body_of(receipt.state), receipt)


async def _account_of(request: AnnalsRequest, email: str) -> UUID | None:
    """Return the account an address belongs to, from the log: no view needs to catch up."""
    claims = await service(request).store.load(email_stream(email))
    claim = claims[0].event if claims else None
    return claim.account_id if isinstance(claim, EmailClaimed) else None


async def _account(request: AnnalsRequest, account_id: UUID) -> Account:
    asked = AccountStream(account_id=AccountId(account_id))
    return (await service(request).commands.read(asked, context(request, str(account_id)))).state


AUTH = Router(
    "/auth",
    route_handlers=[register, login, refresh, logout, me],
    before_request=only_known,
    tags=["Accounts"],
)
