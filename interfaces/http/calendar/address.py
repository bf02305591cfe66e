"""The routes of the secret address of the calendar feed: make, show and close it."""

from litestar import Router, delete, get, post

from application.commands.identity.accounts import AccountStream
from application.commands.identity.calendars import CloseCalendar, OpenCalendar
from application.ports.endpoints import CalendarLink
from domain.identity.account import Account
from domain.record import Record
from interfaces.http.calendar.feed import calendar_feed
from interfaces.http.openapi.documentation import QUERY, Documented, changing, problems
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.execution import execute, read, respond
from interfaces.http.protocol.headers import header
from interfaces.http.protocol.parameters import check_request
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7


class CalendarAddress(Record):
    """Whoever knows `url` can read the tasks; null while the calendar is closed."""

    url: str | None


@changing(post, "/", "open_calendar", refusals=(403,))
async def open_calendar(request: AnnalsRequest) -> Answer[CalendarAddress]:
    """Open the calendar feed at a new secret address. An earlier address no longer works."""
    command = OpenCalendar(account_id=request.account_id, calendar_id=uuid7())
    receipt = await execute(request, command)
    return respond(_address(request, receipt.state), receipt)


@get(
    "/",
    operation_id="get_calendar",
    operation_class=Documented,
    responses=problems(*QUERY, 403),
)
async def get_calendar(request: AnnalsRequest) -> Answer[CalendarAddress]:
    """Get the secret address of the calendar feed."""
    receipt = await read(request, AccountStream(account_id=request.account_id))
    return respond(_address(request, receipt.state), receipt)


@changing(delete, "/", "close_calendar", refusals=(403,))
async def close_calendar(request: AnnalsRequest) -> Answer[CalendarAddress]:
    """Close the calendar feed: its address no longer works."""
    receipt = await execute(request, CloseCalendar(account_id=request.account_id))
    return respond(_address(request, receipt.state), receipt)


def _address(request: AnnalsRequest, account: Account) -> CalendarAddress:
    if account.calendar_id is None or account.id is None:
        return CalendarAddress(url=None)
    word = request.parts.endpoints.links.write(
        CalendarLink(account_id=account.id, calendar_id=account.calendar_id)
    )
    here = f"{request.scope['scheme']}://{header(request.scope, b'host') or 'localhost'}"
    site = (request.parts.public_url or here).rstrip("/")
    return CalendarAddress(url=f"{site}/api/v1/calendar/{word}.ics")


CALENDAR = Router(
    "/calendar",
    route_handlers=[open_calendar, get_calendar, close_calendar, calendar_feed],
    before_request=check_request,
    tags=["Calendar"],
)
