"""The routes of series: list them, and get one."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get
from litestar.params import FromPath, QueryParameter

from application.commands.series import SeriesStream
from domain.errors import SeriesNotFound
from domain.record import Record
from domain.vocabulary import SeriesId
from interfaces.http.openapi.described_headers import VERSIONED
from interfaces.http.openapi.documentation import QUERY, Querying, Reading, problems
from interfaces.http.protocol.execution import read, respond_if_changed
from interfaces.http.protocol.paging import Cursor, Limit, converted, cursor_after, decode_cursor
from interfaces.http.protocol.parameters import check_request, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.recurrence.series_body import SeriesBody, of_row, of_state
from projections.views.tasks import series_list


class SeriesFilter(StrEnum):
    RUNNING = "running"
    ENDED = "ended"


class SeriesPage(Record):
    """`next_cursor` is None on the last page."""

    items: Sequence[SeriesBody]
    next_cursor: str | None = None


@get(
    "/",
    operation_id="list_series",
    operation_class=Querying,
    responses=problems(*QUERY, 410, 504),
)
async def list_series(
    request: AnnalsRequest,
    only: Annotated[
        SeriesFilter | None, QueryParameter(name="state", description="Only series in this state")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> SeriesPage:
    """List your series, the latest first."""
    search = f"series {only}"
    last = decode_cursor(cursor, search, datetime, UUID)
    await wait_for_view(request, "series_list")
    page = await request.parts.queries.run(
        series_list.page,
        request.account_id,
        ended=None if only is None else only is SeriesFilter.ENDED,
        after=(last[0], last[1]) if last else None,
        limit=limit,
    )
    items = await converted(page.rows, of_row)
    if not page.more:
        return SeriesPage(items=items)
    end = page.rows[-1]
    return SeriesPage(items=items, next_cursor=cursor_after(search, [end.started_at, end.id]))


@get(
    "/{series_id:uuid}",
    operation_id="get_series",
    operation_class=Reading,
    responses=problems(*QUERY),
    response_headers=VERSIONED,
)
async def get_series(series_id: FromPath[UUID], request: AnnalsRequest) -> Response[SeriesBody]:
    """Get a series from the log: always up to date."""
    receipt = await read(request, SeriesStream(series_id=SeriesId(series_id)))
    body = of_state(receipt.state)
    if body is None:
        raise SeriesNotFound(series_id)
    return respond_if_changed(request, body, receipt)


SERIES = Router(
    "/series",
    route_handlers=[list_series, get_series],
    before_request=check_request,
    tags=["Recurrence"],
)
