"""The links of mails, and what the forms behind them hold."""

from datetime import UTC, datetime

from application.ports.endpoints import BadLink, Link
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest

RESET_FIELDS = (
    '<label for="password">New password (10–128 characters)</label>'
    '<input id="password" name="password" type="password" autocomplete="new-password"'
    ' minlength="10" maxlength="128" required>'
)


async def read_link(request: AnnalsRequest, word: str) -> Link:
    """Return the link that was opened; opening it changes nothing, because mail scanners do so.

    Raises:
        HttpProblem: 404, it is damaged, forged or too old.
    """
    await request.body()  # nothing changes before the whole request has arrived
    try:
        return request.parts.endpoints.links.read(word, datetime.now(UTC))
    except BadLink as bad:
        raise HttpProblem("not-found", str(bad)) from None
