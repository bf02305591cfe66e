"""The pages of links in mails about an account: confirm its address, and set a new password."""

from datetime import UTC, datetime
from urllib.parse import parse_qs

from litestar import MediaType, Response, Router, get, post
from litestar.params import FromPath
from msgspec import ValidationError, convert

from application.command import Context
from application.commands.identity.accounts import AccountStream
from application.commands.identity.addresses import ConfirmAddress
from application.ports.endpoints import AccountAddressLink, PasswordResetLink
from domain.errors import EmailTaken, Invalid, LinkExpired
from interfaces.http.accounts.account_bodies import Password
from interfaces.http.accounts.passwords import set_new_password
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.pages.opened_link import RESET_FIELDS, read_link
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.problems.html_page import page
from interfaces.http.protocol.request import AnnalsRequest

SET_PASSWORD = "Set the password"  # noqa: S105 - the label of a button


async def _address_link(request: AnnalsRequest, word: str) -> AccountAddressLink:
    link = await read_link(request, word)
    if not isinstance(link, AccountAddressLink):
        raise HttpProblem("not-found", "This link has another purpose.")
    return link


async def _reset_link(request: AnnalsRequest, word: str) -> PasswordResetLink:
    link = await read_link(request, word)
    if not isinstance(link, PasswordResetLink):
        raise HttpProblem("not-found", "This link has another purpose.")
    return link


@get(
    "/verify/{word:str}",
    operation_id="show_verify_account",
    operation_class=Documented,
    responses=problems(400, 404, 503),
    media_type=MediaType.HTML,
)
async def show_verify(word: FromPath[str], request: AnnalsRequest) -> Response[str]:
    """Show a page that asks to confirm the address of an account."""
    link = await _address_link(request, word)
    return page(
        f"Do you want to use {link.address} for your account at Annals?", "Confirm the address"
    )


@post(
    "/verify/{word:str}",
    status_code=200,
    operation_id="verify_account",
    operation_class=Documented,
    responses=problems(400, 404, 409, 410, 503),
    media_type=MediaType.HTML,
)
async def verify(word: FromPath[str], request: AnnalsRequest) -> Response[str]:
    """Confirm the address of an account, or change it to the one that was asked for."""
    link = await _address_link(request, word)
    context = Context(
        actor=str(link.account_id),  # the link proves the account: it was sent to nobody else
        now=datetime.now(UTC),
        correlation_id=request.context.correlation_id,
    )
    names, commands = request.parts.names, request.parts.commands
    account = (await commands.read(AccountStream(account_id=link.account_id), context)).state
    command = ConfirmAddress(
        account_id=link.account_id,
        email=link.address,
        address_stream=names.address_stream(link.address),
        previous=account.email,
        previous_stream=names.address_stream(account.email),
    )
    try:
        await commands.handle(command, context)
    except EmailTaken:
        return page("Another account has this address. Nothing was changed.", status=409)
    except LinkExpired:
        return page("You have asked for another address since. Nothing was changed.", status=410)
    return page(f"Thank you. {link.address} is the confirmed address of your account.")


@get(
    "/reset-password/{word:str}",
    operation_id="show_reset_password",
    operation_class=Documented,
    responses=problems(400, 404, 503),
    media_type=MediaType.HTML,
)
async def show_reset(word: FromPath[str], request: AnnalsRequest) -> Response[str]:
    """Show a page that asks for a new password."""
    await _reset_link(request, word)
    return page("Choose a new password for your account.", SET_PASSWORD, fields=RESET_FIELDS)


@post(
    "/reset-password/{word:str}",
    status_code=200,
    operation_id="submit_reset_password",
    operation_class=Documented,
    responses=problems(400, 404, 410, 413, 422, 503),
    media_type=MediaType.HTML,
)
async def submit_reset(word: FromPath[str], request: AnnalsRequest) -> Response[str]:
    """Set the new password of the form's field `password`. All sessions end."""
    await _reset_link(request, word)
    try:
        password = _password(await request.body())
        await set_new_password(request, word, password)
    except Invalid as refusal:
        return page(str(refusal), SET_PASSWORD, fields=RESET_FIELDS, status=422)
    except LinkExpired as expired:
        return page(str(expired), status=410)
    return page("Your new password is set, and all sessions have ended. You can log in.")


def _password(form: bytes) -> str:
    """Return the password of a form, as browsers send it.

    Raises:
        Invalid: there is none, or it is too short or too long.
    """
    try:
        given = parse_qs(form.decode(), keep_blank_values=True, max_num_fields=4)
        return str(convert(given.get("password", [""])[0], Password))
    except (ValidationError, ValueError):
        raise Invalid("password", "A password needs 10 to 128 characters.") from None


ACCOUNT_LINKS = Router(
    "/",
    route_handlers=[show_verify, verify, show_reset, submit_reset],
    tags=["Accounts"],
)
