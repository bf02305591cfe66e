"""The routes of passkeys: add one, and log in with it."""

from litestar import Response, Router, post
from litestar.params import JSONBody

from application.commands.identity.accounts import AccountStream
from application.commands.identity.second_factors import AddSecondFactor
from application.ports.second_factors import BadPasskey, PasskeySite
from domain.vocabulary import FactorKind, SignInMethod
from interfaces.http.accounts.account_bodies import TokensBody
from interfaces.http.accounts.cookies.cross_site import check_own_page
from interfaces.http.accounts.cookies.own_site import own_site
from interfaces.http.accounts.cookies.session_cookie import tokens_response
from interfaces.http.accounts.login_limit import check_refresh_limit
from interfaces.http.accounts.second_factors.bodies import (
    NewPasskey,
    PasskeyLogin,
    PasskeyOptionsBody,
    PasswordAgain,
    RecoveryCodesBody,
)
from interfaces.http.accounts.second_factors.totp import new_codes
from interfaces.http.accounts.sign_in import sign_in
from interfaces.http.accounts.step_up import check_owner
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import context, read
from interfaces.http.protocol.parameters import only_known
from interfaces.http.protocol.request import AnnalsRequest


@post(
    "/passkeys/options",
    dto=Body,
    status_code=200,
    operation_id="begin_passkey",
    operation_class=Documented,
    responses=problems(400, 401, 403, 413, 415, 422, 503),
)
async def begin_passkey(
    data: JSONBody[PasswordAgain], request: AnnalsRequest
) -> PasskeyOptionsBody:
    """Get what a browser needs to make a passkey: `navigator.credentials.create`."""
    account_id = request.account_id
    account = (await read(request, AccountStream(account_id=account_id))).state
    await check_owner(request, account, data.password)
    passkeys = request.parts.login.passkeys
    found = passkeys.options_to_add(passkey_site(request), account_id, account.email)
    return PasskeyOptionsBody(options=found.options, state=found.state)


@post(
    "/passkeys",
    dto=Body,
    status_code=201,
    operation_id="add_passkey",
    operation_class=Documented,
    responses=problems(400, 401, 403, 409, 413, 415, 422, 503),
)
async def add_passkey(data: JSONBody[NewPasskey], request: AnnalsRequest) -> RecoveryCodesBody:
    """Add a passkey that a browser has made. From now on, the password alone opens nothing.

    With the first factor come ten recovery codes.
    """
    account_id, login = request.account_id, request.parts.login
    try:
        factor_id = await login.passkeys.add(
            passkey_site(request), account_id, data.state, data.credential.as_json()
        )
    except BadPasskey as bad:
        raise HttpProblem("bad-passkey", str(bad)) from None
    add = AddSecondFactor(
        account_id=account_id, factor_id=factor_id, kind=FactorKind.PASSKEY, name=data.name
    )
    added = await request.parts.commands.handle(add, context(request))
    await login.second_factors.confirm(account_id, factor_id)
    codes = [] if added.state.codes_left else await new_codes(request)
    return RecoveryCodesBody(recovery_codes=codes)


@post(
    "/options",
    status_code=200,
    operation_id="begin_passkey_login",
    operation_class=Documented,
    responses=problems(400, 413, 503),
)
async def begin_login(request: AnnalsRequest) -> PasskeyOptionsBody:
    """Get what a browser needs to log in with a passkey: `navigator.credentials.get`."""
    await request.body()
    found = request.parts.login.passkeys.options_to_log_in(passkey_site(request))
    return PasskeyOptionsBody(options=found.options, state=found.state)


@post(
    "/",
    dto=Body,
    status_code=200,
    operation_id="log_in_with_passkey",
    operation_class=Documented,
    responses=problems(400, 403, 413, 415, 422, 503),
)
async def log_in(data: JSONBody[PasskeyLogin], request: AnnalsRequest) -> Response[TokensBody]:
    """Log in with a passkey. It needs neither a password nor a code."""
    site = check_own_page(request) if data.cookie else None
    await check_refresh_limit(request, data.credential.id)
    try:
        account_id = await request.parts.login.passkeys.owner(
            passkey_site(request), data.state, data.credential.as_json()
        )
    except BadPasskey as bad:
        raise HttpProblem("bad-passkey", str(bad)) from None
    pair = await sign_in(request, account_id, SignInMethod.PASSKEY, for_cookie=data.cookie)
    return tokens_response(pair, site)


def passkey_site(request: AnnalsRequest) -> PasskeySite:
    site = own_site(request)
    return PasskeySite(host=site.host, origin=site.origin)


PASSKEY = Router(
    "/auth/passkey",
    route_handlers=[begin_login, log_in],
    before_request=only_known,
    tags=["Accounts"],
)
