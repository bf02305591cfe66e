"""Proves once more who sends a request: an access token alone may be stolen."""

from datetime import UTC, datetime, timedelta

from msgspec import UNSET, UnsetType

from domain.identity.account import Account
from domain.identity.session import Session
from domain.vocabulary import SignInMethod
from interfaces.http.accounts.login_limit import check_password
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.authentication import CHALLENGE
from interfaces.http.protocol.request import AnnalsRequest

RECENT = timedelta(minutes=5)
# Ways to log in that prove a person, where there is no password.
PROVING = (SignInMethod.OIDC, SignInMethod.PASSKEY)


async def check_owner(
    request: AnnalsRequest, account: Account, password: str | UnsetType = UNSET
) -> None:
    """Check the password of the client, or, of an account without a password, that the session
    began with a login at most five minutes ago.

    Raises:
        HttpProblem: 403, the password is missing or wrong, or the login too long ago; 429, there
            were too many attempts.
        Unavailable: the attempt cannot be counted, or the log cannot be read.
    """
    if await request.parts.login.passwords.exists(request.account_id):
        if password is UNSET:
            raise HttpProblem("wrong-password", "Send your password: a token may be stolen.")
        await check_password(request, account, password)
    elif not await _logged_in_recently(request):
        age = int(RECENT.total_seconds())
        raise HttpProblem(
            "login-too-old",
            "Your account has no password, so this needs a login of the last five minutes. Log in"
            " again with your provider, at its login_url with ?fresh=true, or with a passkey.",
            headers={
                # RFC 9470
                "WWW-Authenticate": f'{CHALLENGE}, error="insufficient_user_authentication",'
                f' max_age="{age}"'
            },
        )


async def _logged_in_recently(request: AnnalsRequest) -> bool:
    session_id = request.identity.session_id
    if session_id is None:
        return False
    session = await request.parts.commands.current_state(Session(), session_id)
    since = session.authenticated_at
    if session.account_id != request.account_id or session.method not in PROVING:
        return False
    return since is not None and datetime.now(UTC) - since <= RECENT
