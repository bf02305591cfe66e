"""The routes of passwords: change it, or set a new one when it was forgotten."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from litestar import post
from litestar.params import JSONBody

from application.command import Context
from application.commands.identity.accounts import AccountStream
from application.commands.identity.passwords import (
    ChangePassword,
    RequestPasswordReset,
    UsePasswordReset,
)
from application.ports.endpoints import BadLink, PasswordResetLink
from domain.errors import Invalid, LinkExpired
from domain.identity.password_reset import PasswordReset
from domain.vocabulary import AccountId, PasswordChange, PasswordResetId, SessionEnd
from interfaces.http.accounts.account_bodies import (
    ForgottenPassword,
    PasswordChangeBody,
    PasswordResetBody,
    ResetRequested,
)
from interfaces.http.accounts.login_limit import (
    check_mail_limit,
    check_password,
    check_refresh_limit,
    turn,
)
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import context, read
from interfaces.http.protocol.parameters import check_request
from interfaces.http.protocol.request import AnnalsRequest

ANYBODY = "anonymous"


@post(
    "/password",
    dto=Body,
    before_request=check_request,
    status_code=204,
    operation_id="change_password",
    operation_class=Documented,
    responses=problems(400, 401, 403, 413, 415, 422, 503),
)
async def change_password(data: JSONBody[PasswordChangeBody], request: AnnalsRequest) -> None:
    """Change your password. All other sessions end. An Idempotency-Key has no effect."""
    found = await read(request, AccountStream(account_id=request.account_id))
    await check_password(request, found.state, data.old_password)
    password_hash = await _prepared(request, data.new_password)
    who, account_id = context(request), request.account_id
    change = ChangePassword(account_id=account_id, method=PasswordChange.ASKED)
    # Of two changes at the same time one is refused, so that the log says which password counts.
    await request.parts.commands.handle(change, who, expected_version=found.version)
    await _replace(request, account_id, password_hash, who, but=request.identity.session_id)


@post(
    "/password/forgotten",
    dto=Body,
    status_code=202,
    operation_id="request_password_reset",
    operation_class=Documented,
    responses=problems(400, 413, 415, 422, 503),
)
async def forgotten(data: JSONBody[ForgottenPassword], request: AnnalsRequest) -> ResetRequested:
    """Ask for a mail with a link that sets a new password: it works once, for 15 minutes.

    The answer is the same for an address that no account has.
    """
    await check_mail_limit(request, data.email)
    parts = request.parts
    account_id = await parts.streams.account_with_email(data.email)
    ask = RequestPasswordReset(reset_id=PasswordResetId(uuid4()), account_id=account_id)
    # Nobody has proved to be the account, so nobody acts in its name.
    await parts.commands.handle(ask, context(request, ANYBODY))
    return ResetRequested()


@post(
    "/password/reset",
    dto=Body,
    status_code=204,
    operation_id="reset_password",
    operation_class=Documented,
    responses=problems(400, 410, 413, 415, 422, 503),
)
async def reset(data: JSONBody[PasswordResetBody], request: AnnalsRequest) -> None:
    """Set a new password with the link of a mail. All sessions end, and you can log in."""
    await set_new_password(request, data.token, data.new_password)


async def set_new_password(request: AnnalsRequest, token: str, password: str) -> None:
    """Use the link of a mail to set a new password.

    Raises:
        LinkExpired: the link is forged, used or too old.
        Invalid: the password is a common one; the link is not used.
        HttpProblem: 429, there were too many attempts.
    """
    link = await reset_link(request, token)
    await check_refresh_limit(request, token)
    password_hash = await _prepared(request, password)
    commands = request.parts.commands
    account_id = (await commands.current_state(PasswordReset(), link.reset_id)).account_id
    if account_id is None:
        raise LinkExpired
    who = context(request, str(account_id))  # the link proves the account: no one else has it
    await commands.handle(UsePasswordReset(reset_id=link.reset_id), who)
    await _replace(request, account_id, password_hash, who)


async def reset_link(request: AnnalsRequest, token: str) -> PasswordResetLink:
    """Return the link that a token stands for.

    Raises:
        LinkExpired: it is forged, too old, or a link for something else.
    """
    try:
        link = request.parts.endpoints.links.read(token, datetime.now(UTC))
    except BadLink:
        raise LinkExpired from None
    if not isinstance(link, PasswordResetLink):
        raise LinkExpired
    return link


async def _prepared(request: AnnalsRequest, password: str) -> str:
    """Return the hash of a password; nothing is recorded before it is known to be acceptable."""
    try:
        with turn(request):
            return await request.parts.login.passwords.prepare(password)
    except Invalid as refusal:
        raise Invalid("new_password", str(refusal)) from None


async def _replace(
    request: AnnalsRequest,
    account_id: AccountId,
    password_hash: str,
    who: Context,
    *,
    but: UUID | None = None,
) -> None:
    """Store the hash and end all sessions, or all others than `but`."""
    login = request.parts.login
    await login.passwords.keep(account_id, password_hash)
    await login.active_sessions.end_all(account_id, SessionEnd.PASSWORD_CHANGED, who, but=but)
