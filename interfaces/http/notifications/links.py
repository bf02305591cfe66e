"""Links in mails: to unsubscribe with one click, and to confirm an address."""

from datetime import UTC, datetime
from html import escape
from uuid import UUID

from litestar import MediaType, Response, Router, get, post
from litestar.params import FromPath

from application.command import Context
from application.commands.preferences import ChangePreferences, VerifyAddress
from domain.events.preferences import PreferencesChanged
from infrastructure.bootstrap import BadLink, UnsubscribeLink, VerifyAddressLink
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.protocol.authentication import service
from interfaces.http.protocol.problems import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest

# Mail scanners follow links: opening one changes nothing, the button does.
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
    try:
        return (await service(request).links()).read(word, datetime.now(UTC))
    except BadLink as bad:
        raise HttpProblem("not-found", str(bad)) from None


def _at_their_word(request: AnnalsRequest, what: UnsubscribeLink | VerifyAddressLink) -> Context:
    # The link proves who it is: it went to nobody else.
    correlation: UUID = request.scope["correlation_id"]  # type: ignore[typeddict-item]
    return Context(
        actor=str(what.account_id),
        now=datetime.now(UTC),
        correlation_id=correlation,
    )


async def _unsubscribe(request: AnnalsRequest, word: str) -> UnsubscribeLink:
    what = await _read(request, word)
    if not isinstance(what, UnsubscribeLink):
        raise HttpProblem("not-found", "This link is for something else.")
    return what


async def _verify(request: AnnalsRequest, word: str) -> VerifyAddressLink:
    what = await _read(request, word)
    if not isinstance(what, VerifyAddressLink):
        raise HttpProblem("not-found", "This link is for something else.")
    return what


@get(
    "/unsubscribe/{word:str}",
    operation_id="show_unsubscribe",
    operation_class=Documented,
    responses=problems(400, 404, 503),
    media_type=MediaType.HTML,
)
async def show_unsubscribe(word: FromPath[str], request: AnnalsRequest) -> Response[str]:
    """Ask whether mail is really to end."""
    await _unsubscribe(request, word)
    return _page("Do you wish to get no more mail from Annals?", "Unsubscribe")


@post(
    "/unsubscribe/{word:str}",
    status_code=200,
    operation_id="unsubscribe",
    operation_class=Documented,
    responses=problems(400, 404, 503),
    media_type=MediaType.HTML,
)
async def unsubscribe(word: FromPath[str], request: AnnalsRequest) -> Response[str]:
    """End mail, with one click of a mail program (RFC 8058) or of a person."""
    what = await _unsubscribe(request, word)
    wanted = PreferencesChanged(email=False)
    await service(request).commands.handle(
        ChangePreferences(account_id=what.account_id, wanted=wanted), _at_their_word(request, what)
    )
    return _page("Done. Annals sends you no more mail.")


@get(
    "/confirm/{word:str}",
    operation_id="show_confirm_address",
    operation_class=Documented,
    responses=problems(400, 404, 503),
    media_type=MediaType.HTML,
)
async def show_confirm(word: FromPath[str], request: AnnalsRequest) -> Response[str]:
    """Ask whether the address is theirs."""
    what = await _verify(request, word)
    return _page(f"Is {what.address} your address?", "Confirm the address")


@post(
    "/confirm/{word:str}",
    status_code=200,
    operation_id="confirm_address",
    operation_class=Documented,
    responses=problems(400, 404, 503),
    media_type=MediaType.HTML,
)
async def confirm(word: FromPath[str], request: AnnalsRequest) -> Response[str]:
    """Accept that the address is theirs."""
    what = await _verify(request, word)
    command = VerifyAddress(account_id=what.account_id, address=what.address)
    receipt = await service(request).commands.handle(command, _at_their_word(request, what))
    if receipt.state.address != what.address:
        return _page("You have given another address since; nothing was changed.")
    return _page("Thank you. Annals writes to this address from now on.")


LINKS = Router(
    "/",
    route_handlers=[show_unsubscribe, unsubscribe, show_confirm, confirm],
    tags=["Notifications"],
)
