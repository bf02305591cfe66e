"""Series: everything of yours that recurs."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get
from litestar.params import FromPath, QueryParameter

from application.command_handler import Receipt
from application.commands.series import SeriesStream
from domain.errors import SeriesNotFound
from domain.record import Record
from domain.series import Series
from domain.vocabulary import SeriesId
from interfaces.http.openapi.documentation import QUERY, VERSIONED, Querying, Reading, problems
from interfaces.http.protocol.authentication import service
from interfaces.http.protocol.execution import context, none_match, respond
from interfaces.http.protocol.parameters import check_request, wait_for_view
from interfaces.http.protocol.problems import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.recurrence.series_body import SeriesBody, of_row, of_state
from projections.cursor import BadCursor, read_cursor, write_cursor
from projections.views import series_list


class SeriesState(StrEnum):
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
    responses=problems(*QUERY, 504),
)
async def list_series(
    request: AnnalsRequest,
    only: Annotated[
        SeriesState | None, QueryParameter(name="state", description="Only such")
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    cursor: Annotated[
        str | None,
        QueryParameter(max_length=2000, description="`next_cursor` of the page before this one"),
    ] = None,
) -> SeriesPage:
    """List what recurs, the latest begun first."""
    search = f"series {only}".encode()
    try:
        last = read_cursor(cursor, search, [datetime, UUID]) if cursor else None
    except BadCursor as error:
        raise HttpProblem("invalid", str(error), field="cursor") from None
    await wait_for_view(request, "series_list")
    rows = await service(request).ask(
        series_list.page,
        request.scope["auth"].account_id,
        ended=None if only is None else only is SeriesState.ENDED,
        after=(last[0], last[1]) if last else None,
        limit=limit + 1,
    )
    items = [of_row(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return SeriesPage(items=items)
    end = rows[limit - 1]
    return SeriesPage(items=items, next_cursor=write_cursor(search, [end.started_at, end.id]))


@get(
    "/{series_id:uuid}",
    operation_id="get_series",
    operation_class=Reading,
    responses=problems(*QUERY),
    response_headers=VERSIONED,
)
async def get_series(series_id: FromPath[UUID], request: AnnalsRequest) -> Response[SeriesBody]:
    """Read a series from the log: always up to date."""
    who = context(request, request.scope["auth"].actor)
    asked = SeriesStream(series_id=SeriesId(series_id))
    receipt: Receipt[Series] = await service(request).commands.read(asked, who)
    body = of_state(receipt.state)
    if body is None:
        raise SeriesNotFound(series_id)
    if not none_match(request, receipt.version):
        headers = {"ETag": f'"{receipt.version}"', "Annals-Position": str(receipt.position)}
        return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]
    return respond(body, receipt)


SERIES = Router(
    "/series",
    route_handlers=[list_series, get_series],
    before_request=check_request,
    tags=["Recurrence"],
    security=[{"bearer": []}],
)
