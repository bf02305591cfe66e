"""The routes of /auth: registration, login, renewal and logout, and those beside this file."""

from uuid import uuid4

from litestar import Response, Router, post
from litestar.params import JSONBody
from msgspec import UNSET

from application.commands.identity.accounts import RegisterAccount
from domain.errors import DomainError, KeyReused
from domain.vocabulary import AccountId, SignInMethod
from interfaces.http.accounts.account_bodies import (
    AccountBody,
    Login,
    NewAccount,
    Refresh,
    TokensBody,
    body_of,
)
from interfaces.http.accounts.cookies.cross_site import check_own_page
from interfaces.http.accounts.cookies.session_cookie import (
    given_token,
    no_session_cookie,
    tokens_response,
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
from interfaces.http.accounts.second_factors.check import check_second_factor
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
async def login(data: JSONBody[Login], request: AnnalsRequest) -> Response[TokensBody]:
    """Log in. Every login is a session of its own, so an Idempotency-Key has no effect.

    With `cookie`, the refresh token comes in a cookie that no script reads; only our own pages may
    ask for that.
    """
    site = check_own_page(request) if data.cookie else None
    await check_login_limit(request, data.email)
    parts = request.parts
    account_id = await parts.streams.account_with_email(data.email)
    with turn(request):
        proof = await parts.login.passwords.verify(account_id, data.password)
    if account_id is None or proof is None:
        raise _bad_credentials()
    await check_second_factor(request, account_id, data.code)
    await parts.limiter.login_succeeded(request.context.address, data.email)
    pair = await sign_in(request, account_id, SignInMethod.PASSWORD, for_cookie=data.cookie)
    if not await parts.login.passwords.is_current(account_id, proof):
        # The password changed since it was verified, and that ends all sessions: also this one,
        # which may have begun just after the others ended.
        await parts.login.sessions.logout(pair.refresh_token, context(request, ANYBODY))
        raise _bad_credentials()
    return tokens_response(pair, site)


def _bad_credentials() -> HttpProblem:
    return HttpProblem(
        "bad-credentials",
        "No account has this email address and this password.",
        headers={"WWW-Authenticate": CHALLENGE},
    )


@post(
    "/refresh",
    dto=Body,
    status_code=200,
    operation_id="refresh",
    operation_class=Documented,
    responses=problems(400, 401, 403, 409, 413, 415, 422, 503),
)
async def refresh(data: JSONBody[Refresh], request: AnnalsRequest) -> Response[TokensBody]:
    """Exchange a refresh token for new tokens. Using it twice ends the session, because it
    may be stolen.

    Without one in the body, that of the session cookie is exchanged, for our own pages alone. Two
    tabs that do so within ten seconds get the same next token.
    """
    token, site = given_token(request, data)
    await check_refresh_limit(request, token)
    sessions = request.parts.login.sessions
    session = await sessions.renew(token, from_cookie=site is not None)
    if session is None:
        raise HttpProblem(
            "session-ended",
            "This refresh token is invalid, or its session has ended. Log in again.",
            headers={"WWW-Authenticate": BAD_TOKEN_CHALLENGE},
        )
    account = await usable_account(request, session.account_id)
    return tokens_response(sessions.tokens_for(session, account.roles), site)


@post(
    "/logout",
    dto=Body,
    status_code=204,
    operation_id="logout",
    operation_class=Documented,
    responses=problems(400, 401, 403, 413, 415, 422, 503),
)
async def logout(data: JSONBody[Refresh], request: AnnalsRequest) -> Response[None]:
    """End the session of a refresh token, or of the session cookie if there is none in the body.
    Succeeds even if it has already ended."""
    token, site = given_token(request, data)
    who = context(request, ANYBODY)  # until the token has proved the account
    await request.parts.login.sessions.logout(token, who)
    cookies = [] if site is None else [no_session_cookie(site)]
    return Response(None, status_code=204, cookies=cookies)


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
