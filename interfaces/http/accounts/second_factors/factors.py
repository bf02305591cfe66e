"""The routes of second factors: list and remove them, and get new recovery codes."""

from uuid import UUID

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody

from application.commands.identity.accounts import AccountStream
from application.commands.identity.second_factors import RemoveSecondFactor, SecondFactorsStream
from domain.vocabulary import FactorId
from interfaces.http.accounts.second_factors.bodies import (
    FactorBody,
    FactorsBody,
    PasswordAgain,
    RecoveryCodesBody,
)
from interfaces.http.accounts.second_factors.passkeys import add_passkey, begin_passkey
from interfaces.http.accounts.second_factors.totp import begin_totp, confirm_totp, new_codes
from interfaces.http.accounts.step_up import check_owner
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import context, read
from interfaces.http.protocol.parameters import check_request
from interfaces.http.protocol.request import AnnalsRequest


@get(
    "/second-factors",
    operation_id="list_second_factors",
    operation_class=Documented,
    responses=problems(401, 503),
)
async def list_factors(request: AnnalsRequest) -> FactorsBody:
    """List your second factors, and how many recovery codes are left."""
    state = (await read(request, SecondFactorsStream(account_id=request.account_id))).state
    items = [
        FactorBody(id=each.id, kind=each.kind, name=each.name, added_at=each.added_at)
        for each in state.factors
    ]
    return FactorsBody(items=items, recovery_codes_left=state.codes_left if items else 0)


@delete(
    "/second-factors/{factor_id:uuid}",
    dto=Body,
    status_code=204,
    operation_id="remove_second_factor",
    operation_class=Documented,
    responses=problems(400, 401, 403, 404, 413, 415, 422, 503),
)
async def remove_factor(
    factor_id: FromPath[UUID], data: JSONBody[PasswordAgain], request: AnnalsRequest
) -> None:
    """Remove a second factor. Without any, the password alone opens the account again."""
    await _check(request, data)
    account_id = request.account_id
    remove = RemoveSecondFactor(account_id=account_id, factor_id=FactorId(factor_id))
    await request.parts.commands.handle(remove, context(request))
    await request.parts.login.second_factors.remove(account_id, factor_id)


@post(
    "/recovery-codes",
    dto=Body,
    status_code=200,
    operation_id="make_recovery_codes",
    operation_class=Documented,
    responses=problems(400, 401, 403, 413, 415, 422, 503),
)
async def make_codes(data: JSONBody[PasswordAgain], request: AnnalsRequest) -> RecoveryCodesBody:
    """Get ten new recovery codes; earlier ones are void."""
    await _check(request, data)
    return RecoveryCodesBody(recovery_codes=await new_codes(request))


async def _check(request: AnnalsRequest, data: PasswordAgain) -> None:
    account = (await read(request, AccountStream(account_id=request.account_id))).state
    await check_owner(request, account, data.password)


SECOND_FACTORS = Router(
    "/auth/me",
    route_handlers=[
        *(list_factors, remove_factor, make_codes),
        *(begin_totp, confirm_totp),
        *(begin_passkey, add_passkey),
    ],
    before_request=check_request,
    tags=["Accounts"],
)
