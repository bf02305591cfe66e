"""Checks the second factor of a login with a password."""

from msgspec import UNSET, UnsetType

from application.commands.identity.second_factors import UseRecoveryCode
from domain.vocabulary import AccountId
from interfaces.http.accounts.login_limit import check_factor_limit
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.authentication import CHALLENGE
from interfaces.http.protocol.execution import context
from interfaces.http.protocol.request import AnnalsRequest


async def check_second_factor(
    request: AnnalsRequest, account_id: AccountId, code: str | UnsetType
) -> None:
    """Return if the account needs no second factor, or if `code` is one.

    Raises:
        HttpProblem: 401, a code is needed; 403, this is none; 429, too many codes were tried.
        Unavailable: the attempt cannot be counted.
    """
    factors = request.parts.login.second_factors
    if not await factors.is_needed(account_id):
        return
    if code is UNSET:
        raise HttpProblem(
            "second-factor-needed",
            "This account has a second factor. Send the login again with `code`: the six digits"
            " that the app shows, or a recovery code.",
            headers={"WWW-Authenticate": CHALLENGE},
        )
    # Counted for the account, over all network addresses: whoever is here knows the password.
    await check_factor_limit(request, account_id)
    if await factors.accepts(account_id, code):
        return
    if await factors.accepts_recovery(account_id, code):
        used = UseRecoveryCode(account_id=account_id)
        await request.parts.commands.handle(used, context(request, str(account_id)))
        return
    raise HttpProblem(
        "wrong-code",
        "This is no code of the account at the moment. Each code works once; wait for the next.",
    )
