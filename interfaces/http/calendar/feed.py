"""Serves the calendar feed at its secret address; unchanged, it costs a look at the last change."""

import asyncio
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from application.parts import ApiParts
from application.ports.endpoints import BadLink, CalendarLink
from application.ports.queries import asking_account
from domain.identity.account import Account
from interfaces.http.calendar.entries import entries
from interfaces.http.calendar.icalendar_text import Kind, written
from interfaces.http.openapi.documentation import Reading, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.headers import known_tag
from interfaces.http.protocol.parameters import only_known
from interfaces.http.protocol.request import AnnalsRequest
from projections.views import calendar_items

MEDIA_TYPE = "text/calendar"
PAST, AHEAD = timedelta(days=30), timedelta(days=366)
MOST = 2_000  # entries
MAX_KEPT_BYTES = 32 * 1024 * 1024  # of calendars, in each process


class Kept:
    """Calendars that are unchanged since they were written, the latest used last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[UUID, Kind], tuple[str, bytes]] = OrderedDict()
        self._bytes = 0

    def get(self, account: UUID, kind: Kind, etag: str) -> bytes | None:
        found = self._kept.get((account, kind))
        if found is None or found[0] != etag:
            return None
        self._kept.move_to_end((account, kind))
        return found[1]

    def keep(self, account: UUID, kind: Kind, etag: str, content: bytes) -> None:
        _, old = self._kept.pop((account, kind), ("", b""))
        self._kept[account, kind] = etag, content
        self._bytes += len(content) - len(old)
        while self._bytes > MAX_KEPT_BYTES:
            _, (_, oldest) = self._kept.popitem(last=False)
            self._bytes -= len(oldest)


KEPT = Kept()


@get(
    "/{word:str}",
    operation_id="calendar_feed",
    operation_class=Reading,
    responses=problems(400, 404, 414, 422, 431, 503),
    media_type="text/calendar",
    before_request=only_known,  # in place of the router's, which asks for a token
)
async def calendar_feed(
    word: FromPath[str],
    request: AnnalsRequest,
    kind: Annotated[
        Kind,
        QueryParameter(
            name="as", description="Tasks as events, which every calendar shows, or as tasks"
        ),
    ] = "events",
) -> Response[bytes]:
    """Get the tasks of an account as a calendar (RFC 5545): those due in the last 30 days and the
    next year, at most 2,000, also the occurrences of series that have no task yet."""
    account = await _account(request, word)
    asking_account.set(account)
    now = datetime.now(UTC)
    position = await request.parts.queries.run(calendar_items.last_change, account)
    # The window moves with the day.
    etag = f'"{position}-{now:%Y%m%d}-{kind}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if known := known_tag(request.scope, etag):
        return Response(b"", status_code=304, headers={**headers, "ETag": known})
    content = KEPT.get(account, kind, etag)
    if content is None:
        content = await _written(request.parts, account, kind, now, position)
        KEPT.keep(account, kind, etag, content)
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


async def _account(request: AnnalsRequest, word: str) -> UUID:
    """Return the account that a secret address belongs to.

    Raises:
        HttpProblem: 404, the address is damaged, or was replaced or closed since.
    """
    try:
        link = request.parts.endpoints.links.read(word.removesuffix(".ics"), datetime.now(UTC))
    except BadLink as bad:
        raise HttpProblem("not-found", str(bad)) from None
    if isinstance(link, CalendarLink):
        account = await request.parts.commands.current_state(Account(), link.account_id)
        if account.active and account.calendar_id == link.calendar_id:
            return link.account_id
    raise HttpProblem("not-found", "This address of a calendar no longer works.")


async def _written(
    parts: ApiParts, account: UUID, kind: Kind, now: datetime, position: int
) -> bytes:
    # What the history shows already must be in the calendar: it is kept for this position.
    _check(await parts.views.until("series_list", position))
    series = await parts.queries.run(calendar_items.open_series, account)
    # Tasks after series: an occurrence that a series counts as made must be among the tasks.
    for view in ("task_list", "due_reminders"):
        _check(await parts.views.until_now(view) is not None)
    before = now + AHEAD
    found = await parts.queries.run(
        calendar_items.items, account, after=now - PAST, before=before, most=MOST
    )
    # In a thread: two thousand entries take a tenth of a second.
    return await asyncio.to_thread(
        lambda: written(entries(found, series, before=before, most=MOST), kind)
    )


def _check(caught_up: bool) -> None:
    if not caught_up:
        raise HttpProblem("unavailable", "The views lag behind.", headers={"Retry-After": "5"})
