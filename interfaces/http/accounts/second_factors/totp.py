"""The routes that add an app which makes codes (TOTP, RFC 6238)."""

from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath, JSONBody

from application.commands.identity.accounts import AccountStream
from application.commands.identity.second_factors import (
    AddSecondFactor,
    MakeRecoveryCodes,
)
from domain.vocabulary import FactorId, FactorKind
from interfaces.http.accounts.login_limit import check_factor_limit
from interfaces.http.accounts.second_factors.bodies import (
    NewTotpBody,
    PasswordAgain,
    RecoveryCodesBody,
    TotpConfirmation,
)
from interfaces.http.accounts.step_up import check_owner
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import context, read
from interfaces.http.protocol.request import AnnalsRequest

RECOVERY_CODES = 10


@post(
    "/second-factors/totp",
    dto=Body,
    status_code=201,
    operation_id="begin_totp",
    operation_class=Documented,
    responses=problems(400, 401, 403, 413, 415, 422, 503),
)
async def begin_totp(data: JSONBody[PasswordAgain], request: AnnalsRequest) -> NewTotpBody:
    """Get a secret for an app that makes codes. It counts once you have confirmed a code of it; a
    new secret takes the place of one that was not confirmed."""
    account_id = request.account_id
    account = (await read(request, AccountStream(account_id=account_id))).state
    await check_owner(request, account, data.password)
    made = await request.parts.login.second_factors.new_totp(account_id, account.email)
    return NewTotpBody(id=made.factor_id, secret=made.secret, otpauth_uri=made.uri)


@post(
    "/second-factors/totp/{factor_id:uuid}/confirm",
    dto=Body,
    status_code=200,
    operation_id="confirm_totp",
    operation_class=Documented,
    responses=problems(400, 401, 403, 404, 409, 413, 415, 422, 503),
)
async def confirm_totp(
    factor_id: FromPath[UUID], data: JSONBody[TotpConfirmation], request: AnnalsRequest
) -> Response[RecoveryCodesBody]:
    """Confirm that the app makes codes. From now on, a login with the password needs one.

    With the first factor come ten recovery codes.
    """
    account_id, factors = request.account_id, request.parts.login.second_factors
    await check_factor_limit(request, account_id)
    if not await factors.shows_totp(account_id, factor_id, data.code):
        raise HttpProblem(
            "wrong-code",
            "This is not what the app shows for this secret. Check the clock of the phone; each"
            " code works once.",
            field="code",
        )
    add = AddSecondFactor(
        account_id=account_id,
        factor_id=FactorId(factor_id),
        kind=FactorKind.TOTP,
        name=data.name,
    )
    added = await request.parts.commands.handle(add, context(request))
    await factors.confirm(account_id, factor_id)
    codes = [] if added.state.codes_left else await new_codes(request)
    return Response(RecoveryCodesBody(recovery_codes=codes))


async def new_codes(request: AnnalsRequest) -> list[str]:
    """Record and return new recovery codes; earlier ones are void."""
    account_id = request.account_id
    make = MakeRecoveryCodes(account_id=account_id, count=RECOVERY_CODES)
    await request.parts.commands.handle(make, context(request))
    return list(await request.parts.login.second_factors.new_recovery_codes(account_id))
