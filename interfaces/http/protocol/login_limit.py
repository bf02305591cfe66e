"""Limits login attempts, and refuses those that cannot be counted."""

from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest


async def check_login_limit(request: AnnalsRequest, secret: str) -> None:
    """Count an attempt with this email address or token.

    Raises:
        HttpProblem: 429, there were too many attempts from the client's address.
        Unavailable: the attempt cannot be counted.
    """
    context = request.context
    result = await context.parts.limiter.check_login(context.address, secret)
    if result is None:
        return
    context.limit = result
    if not result.allowed:
        raise HttpProblem(
            "too-many-requests", "Too many attempts. Try again after Retry-After seconds."
        )
