"""The routes of /auth: registration, login, renewal and logout, and those beside this file."""

from uuid import uuid4

from litestar import Response, Router, post
from litestar.params import JSONBody
from msgspec import UNSET

from application.commands.accounts import RegisterAccount
from domain.errors import DomainError, KeyReused
from domain.vocabulary import AccountId, SignInMethod
from interfaces.http.accounts.account_bodies import (
    AccountBody,
    Login,
    NewAccount,
    Refresh,
    TokensBody,
    body_of,
    tokens_body,
)
from interfaces.http.accounts.login_limit import (
    check_login_limit,
    check_refresh_limit,
    check_registration_limit,
    turn,
)
from interfaces.http.accounts.me import (
    change_email,
    change_me,
    delete_me,
    me,
    request_verification,
)
from interfaces.http.accounts.passwords import change_password, forgotten, reset
from interfaces.http.accounts.sessions import end_session, end_sessions, list_sessions
from interfaces.http.accounts.sign_in import sign_in, usable_account
from interfaces.http.openapi.described_headers import CREATED
from interfaces.http.openapi.documentation import Documented, Registering, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.authentication import BAD_TOKEN_CHALLENGE, CHALLENGE
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import context, idempotency_key, respond
from interfaces.http.protocol.parameters import only_known
from interfaces.http.protocol.request import AnnalsRequest

ANYBODY = "anonymous"


@post(
    "/register",
    dto=Body,
    operation_id="register",
    operation_class=Registering,
    responses=problems(400, 409, 413, 415, 422, 503),
    response_headers=CREATED,
)
async def register(data: JSONBody[NewAccount], request: AnnalsRequest) -> Response[AccountBody]:
    """Register an account. Without a name, it gets the part of its email before the @."""
    await check_registration_limit(request, data.email)
    passwords, commands = request.parts.login.passwords, request.parts.commands
    name = data.email.partition("@")[0] if data.name is UNSET else data.name
    account_id = AccountId(uuid4())
    # The fingerprint of a request stays in the log, and a password must not be guessed from it.
    asked = await idempotency_key(request, ANYBODY, body=f"{data.email}\n{name}".encode())
    # First the password: an account without one could never log in, while a password without
    # an account is a row nobody reads.
    with turn(request):
        await passwords.set(account_id, data.password)
    try:
        receipt = await commands.handle(
            RegisterAccount(
                account_id=account_id,
                email=data.email,
                name=name,
                address_stream=request.parts.names.address_stream(data.email),
            ),
            context(request, str(account_id)),
            key=asked,
        )
    except DomainError:
        await passwords.forget(account_id)
        raise
    if receipt.replayed:
        await passwords.forget(account_id)
        with turn(request):
            if not await passwords.verify(receipt.state.id, data.password):
                raise KeyReused
    return respond(body_of(receipt.state), receipt, status=201, location="/api/v1/auth/me")


@post(
    "/login",
    dto=Body,
    status_code=200,
    operation_id="login",
    operation_class=Documented,
    responses=problems(400, 401, 403, 413, 415, 422, 503),
)
async def login(data: JSONBody[Login], request: AnnalsRequest) -> TokensBody:
    """Log in. Every login is a session of its own, so an Idempotency-Key has no effect."""
    await check_login_limit(request, data.email)
    parts = request.parts
    account_id = await parts.streams.account_with_email(data.email)
    with turn(request):
        known = await parts.login.passwords.verify(account_id, data.password)
    if account_id is None or not known:
        raise HttpProblem(
            "bad-credentials",
            "No account has this email address and this password.",
            headers={"WWW-Authenticate": CHALLENGE},
        )
    await parts.limiter.login_succeeded(request.context.address, data.email)
    return tokens_body(await sign_in(request, account_id, SignInMethod.PASSWORD))


@post(
    "/refresh",
    dto=Body,
    status_code=200,
    operation_id="refresh",
    operation_class=Documented,
    responses=problems(400, 401, 403, 413, 415, 422, 503),
)
async def refresh(data: JSONBody[Refresh], request: AnnalsRequest) -> TokensBody:
    """Exchange a refresh token for new tokens. Using it twice ends the session, because it
    may be stolen."""
    await check_refresh_limit(request, data.refresh_token)
    sessions = request.parts.login.sessions
    session = await sessions.renew(data.refresh_token)
    if session is None:
        raise HttpProblem(
            "session-ended",
            "This refresh token is invalid, or its session has ended. Log in again.",
            headers={"WWW-Authenticate": BAD_TOKEN_CHALLENGE},
        )
    account = await usable_account(request, session.account_id)
    return tokens_body(sessions.tokens_for(session, account.roles))


@post(
    "/logout",
    dto=Body,
    status_code=204,
    operation_id="logout",
    operation_class=Documented,
    responses=problems(400, 413, 415, 422, 503),
)
async def logout(data: JSONBody[Refresh], request: AnnalsRequest) -> None:
    """End the session of a refresh token. Succeeds even if it has already ended."""
    who = context(request, ANYBODY)  # until the token has proved the account
    await request.parts.login.sessions.logout(data.refresh_token, who)


AUTH = Router(
    "/auth",
    route_handlers=[
        *(register, login, refresh, logout),
        *(me, change_me, request_verification, change_email, delete_me),
        *(change_password, forgotten, reset),
        *(list_sessions, end_session, end_sessions),
    ],
    before_request=only_known,
    tags=["Accounts"],
)
