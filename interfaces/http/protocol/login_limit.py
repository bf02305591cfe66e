"""Attempts to be let in: few of them, and none that nobody counts."""

from typing import Any

from interfaces.http.protocol.authentication import service
from interfaces.http.protocol.problems import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest


async def check_login_limit(request: AnnalsRequest, secret: str) -> None:
    """Count an attempt with this email address or token.

    Raises:
        TurnedDown: 429, there were too many from where it came from.
        Unavailable: it cannot be counted.
    """
    scope: Any = request.scope
    verdict = await service(request).limiter.check_login(scope["address"], secret)
    if verdict is None:
        return
    scope["verdict"] = verdict
    if not verdict.allowed:
        raise HttpProblem("too-many-requests", "That was tried too often; wait before you go on.")
