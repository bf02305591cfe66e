"""Limits attempts to log in, refresh and register, and refuses those that cannot be counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from application.ports.limits import LimitResult, TooManyWaiting, Turns
from domain.identity.account import Account
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest


async def check_login_limit(request: AnnalsRequest, email: str) -> None:
    """Count an attempt with this email address.

    Raises:
        HttpProblem: 429, there were too many attempts.
        Unavailable: the attempt cannot be counted.
    """
    context = request.context
    _apply(request, await context.parts.limiter.check_login(context.address, email))


async def check_refresh_limit(request: AnnalsRequest, token: str) -> None:
    """Count an attempt with this refresh token; it raises as `check_login_limit` does."""
    context = request.context
    _apply(request, await context.parts.limiter.check_token(context.address, token))


async def check_registration_limit(request: AnnalsRequest, email: str) -> None:
    """Count a registration of this email address; it raises as `check_login_limit` does."""
    await check_login_limit(request, email)
    await check_account_limit(request)


async def check_account_limit(request: AnnalsRequest) -> None:
    """Count an account of this network address; it raises as `check_login_limit` does."""
    context = request.context
    _apply(request, await context.parts.limiter.check_registration(context.address))


async def check_factor_limit(request: AnnalsRequest, account_id: UUID) -> None:
    """Count a code for this account, from anywhere; it raises as `check_login_limit` does."""
    limiter = request.context.parts.limiter
    _apply(request, await limiter.check_token("second factor", str(account_id)))


async def check_mail_limit(request: AnnalsRequest, email: str) -> None:
    """Count a request for a mail to this address; it raises as `check_login_limit` does."""
    await check_login_limit(request, email)
    context = request.context
    _apply(request, await context.parts.limiter.check_mail(context.address))


async def check_password(request: AnnalsRequest, account: Account, password: str) -> None:
    """Check the password of the client, who has a token already: it may be a stolen one.

    Raises:
        HttpProblem: 403, it is wrong; 429, there were too many attempts.
        Unavailable: the attempt cannot be counted.
    """
    await check_login_limit(request, account.email)
    with turn(request):
        right = await request.parts.login.passwords.verify(account.id, password)
    if not right:
        raise HttpProblem("wrong-password", "This is not the password of your account.")


@contextmanager
def turn(request: AnnalsRequest, turns: Turns | None = None) -> Iterator[None]:
    """Hold a place in a queue while the block runs: in that for hashing passwords unless given.

    Raises:
        HttpProblem: 429, the queue is full, or the client's address has its share of it.
    """
    context = request.context
    try:
        with (turns or context.parts.login.turns).place(context.address):
            yield
    except TooManyWaiting:
        raise HttpProblem(
            "too-many-requests",
            "Too many logins wait to be checked. Try again after Retry-After seconds.",
            headers={"Retry-After": "1"},
        ) from None


def _apply(request: AnnalsRequest, result: LimitResult | None) -> None:
    if result is None:
        return
    request.context.limit = result
    if not result.allowed:
        raise HttpProblem(
            "too-many-requests", "Too many attempts. Try again after Retry-After seconds."
        )
