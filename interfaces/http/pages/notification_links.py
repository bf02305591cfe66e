"""The pages of links in notifications: unsubscribe with one click, and confirm an address."""

from datetime import UTC, datetime

from litestar import MediaType, Response, Router, get, post
from litestar.params import FromPath

from application.command import Context
from application.commands.preferences import ChangePreferences, VerifyAddress
from application.ports.endpoints import UnsubscribeLink, VerifyAddressLink
from domain.events.preferences import PreferencesChanged
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.pages.opened_link import read_link
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.problems.html_page import page
from interfaces.http.protocol.request import AnnalsRequest


def _context(request: AnnalsRequest, link: UnsubscribeLink | VerifyAddressLink) -> Context:
    # The link proves the account: it was sent to nobody else.
    return Context(
        actor=str(link.account_id),
        now=datetime.now(UTC),
        correlation_id=request.context.correlation_id,  # a new one: no token proved an account
    )


async def _unsubscribe(request: AnnalsRequest, word: str) -> UnsubscribeLink:
    link = await read_link(request, word)
    if not isinstance(link, UnsubscribeLink):
        raise HttpProblem("not-found", "This link has another purpose.")
    return link


async def _verify(request: AnnalsRequest, word: str) -> VerifyAddressLink:
    link = await read_link(request, word)
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
    return page("Unsubscribe from the mail of Annals?", "Unsubscribe")


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
    return page("You are unsubscribed. Annals no longer sends you mail.")


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
    return page(f"Is {link.address} your address?", "Confirm the address")


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
        return page("You have set another address since. Nothing was changed.")
    return page("Thank you. Annals sends mail to this address from now on.")


NOTIFICATION_LINKS = Router(
    "/",
    route_handlers=[show_unsubscribe, unsubscribe, show_confirm, confirm],
    tags=["Notifications"],
)
