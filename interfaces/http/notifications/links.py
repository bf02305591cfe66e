"""The pages of links in mails: unsubscribe with one click, and confirm an address."""

from datetime import UTC, datetime
from html import escape

from litestar import MediaType, Response, Router, get, post
from litestar.params import FromPath

from application.command import Context
from application.commands.preferences import ChangePreferences, VerifyAddress
from application.ports.endpoints import BadLink, UnsubscribeLink, VerifyAddressLink
from domain.events.preferences import PreferencesChanged
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest

# Mail scanners follow links, so opening one changes nothing; the button does.
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Annals</title>
<style>body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto;
padding: 0 1rem }} button {{ font: inherit; padding: .4rem 1.2rem }}</style>
</head>
<body>
<p>{words}</p>
{button}
</body>
</html>
"""
BUTTON = '<form method="post"><button>{label}</button></form>'
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)


def _page(words: str, label: str | None = None) -> Response[str]:
    button = BUTTON.format(label=escape(label)) if label else ""
    return Response(
        PAGE.format(words=escape(words), button=button),
        status_code=200,
        media_type=MediaType.HTML,
        headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"},
    )


async def _read(request: AnnalsRequest, word: str) -> UnsubscribeLink | VerifyAddressLink:
    await request.body()  # nothing changes before the whole request has arrived
    try:
        return request.parts.endpoints.links.read(word, datetime.now(UTC))
    except BadLink as bad:
        raise HttpProblem("not-found", str(bad)) from None


def _context(request: AnnalsRequest, link: UnsubscribeLink | VerifyAddressLink) -> Context:
    # The link proves the account: it was sent to nobody else.
    return Context(
        actor=str(link.account_id),
        now=datetime.now(UTC),
        correlation_id=request.context.correlation_id,  # a new one: no token proved an account
    )


async def _unsubscribe(request: AnnalsRequest, word: str) -> UnsubscribeLink:
    link = await _read(request, word)
    if not isinstance(link, UnsubscribeLink):
        raise HttpProblem("not-found", "This link has another purpose.")
    return link


async def _verify(request: AnnalsRequest, word: str) -> VerifyAddressLink:
    link = await _read(request, word)
    if not isinstance(link, VerifyAddressLink):
        raise HttpProblem("not-found", "This link has another purpose.")
    return link


@get(
    "/unsubscribe/{word:str}",
    operation_id="show_unsubscribe",
    operation_class=Documented,
    responses=problems(400, 404, 503),
    media_type=MediaType.HTML,
)
async def show_unsubscribe(word: FromPath[str], request: AnnalsRequest) -> Response[str]:
    """Show a page that asks whether to unsubscribe."""
    await _unsubscribe(request, word)
    return _page("Unsubscribe from the mail of Annals?", "Unsubscribe")


@post(
    "/unsubscribe/{word:str}",
    status_code=200,
    operation_id="unsubscribe",
    operation_class=Documented,
    responses=problems(400, 404, 503),
    media_type=MediaType.HTML,
)
async def unsubscribe(word: FromPath[str], request: AnnalsRequest) -> Response[str]:
    """Unsubscribe from mail: with one click in a mail program (RFC 8058), or on the page."""
    link = await _unsubscribe(request, word)
    wanted = PreferencesChanged(email=False)
    await request.parts.commands.handle(
        ChangePreferences(account_id=link.account_id, wanted=wanted), _context(request, link)
    )
    return _page("You are unsubscribed. Annals no longer sends you mail.")


@get(
    "/confirm/{word:str}",
    operation_id="show_confirm_address",
    operation_class=Documented,
    responses=problems(400, 404, 503),
    media_type=MediaType.HTML,
)
async def show_confirm(word: FromPath[str], request: AnnalsRequest) -> Response[str]:
    """Show a page that asks to confirm an address."""
    link = await _verify(request, word)
    return _page(f"Is {link.address} your address?", "Confirm the address")


@post(
    "/confirm/{word:str}",
    status_code=200,
    operation_id="confirm_address",
    operation_class=Documented,
    responses=problems(400, 404, 503),
    media_type=MediaType.HTML,
)
async def confirm(word: FromPath[str], request: AnnalsRequest) -> Response[str]:
    """Confirm an address."""
    link = await _verify(request, word)
    command = VerifyAddress(account_id=link.account_id, address=link.address)
    receipt = await request.parts.commands.handle(command, _context(request, link))
    if receipt.state.address != link.address:
        return _page("You have set another address since. Nothing was changed.")
    return _page("Thank you. Annals sends mail to this address from now on.")


LINKS = Router(
    "/",
    route_handlers=[show_unsubscribe, unsubscribe, show_confirm, confirm],
    tags=["Notifications"],
)
