"""Signing in: the last step of every way to log in, once the account has proved who it is."""

from datetime import datetime
from uuid import UUID

from application.ports.identity import SignIn, TokenPair
from domain.identity.account import Account
from domain.vocabulary import SignInMethod
from interfaces.http.accounts.device import device_name
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.execution import context
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.request import AnnalsRequest


async def sign_in(
    request: AnnalsRequest,
    account_id: UUID,
    method: SignInMethod,
    *,
    for_cookie: bool = False,
    authenticated_at: datetime | None = None,
) -> TokenPair:
    """Begin a session of an account whose owner has proved who they are, at `authenticated_at` if
    that was not now; with `for_cookie`, one whose refresh token is valid in a cookie only.

    Raises:
        HttpProblem: 403, the account is disabled; 401, it was deleted.
    """
    account = await usable_account(request, account_id)
    parts = request.parts
    origin = SignIn(
        method=method,
        device=device_name(header(request.scope, b"user-agent")),
        address=parts.names.network_pseudonym(request.context.address),
        authenticated_at=authenticated_at,
    )
    who = context(request, str(account_id))
    return await parts.login.sessions.login(account, origin, who, for_cookie=for_cookie)


async def usable_account(request: AnnalsRequest, account_id: UUID) -> Account:
    """Return the account as the log has it.

    Raises:
        HttpProblem: 403, it is disabled; 401, it was deleted.
    """
    account = await request.parts.commands.current_state(Account(), account_id)
    if account.disabled and not account.deleted:
        raise HttpProblem(
            "account-disabled", "This account is disabled. An administrator can enable it."
        )
    if not account.active:
        raise HttpProblem("session-ended", "The account was deleted.")
    return account
