"""Lists and searches tasks: the parameters of GET /tasks."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter

from domain.vocabulary import Priority, Status, Tag
from interfaces.http.openapi.documentation import QUERY, Querying, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.execution import account_zone
from interfaces.http.protocol.paging import Limit, LongCursor
from interfaces.http.protocol.parameters import (
    DueText,
    moment_or_day,
    one,
    several,
    wait_for_view,
)
from interfaces.http.protocol.request import AnnalsRequest
from projections.views.searching.task_query import SortBy, SortField, TaskPage, TaskQuery
from projections.views.searching.task_search import search

FIELD: Any = SortField  # a type that is a value here
SORTS = "|".join(get_args(SortField))
STATUSES = "|".join(Status)
PRIORITIES = "|".join(Priority)
MAX_PAGE_NUMBER = 500  # a database walks past all rows of the pages before
NO_NUL = r"^[^\x00]*$"


def _operation(_handler: Any, _method: Any, path: Any) -> str:
    return "search_tasks" if path[-1] == "search" else "list_tasks"


@get(
    ["/", "/search"],
    operation_id=_operation,
    operation_class=Querying,
    responses=problems(*QUERY, 410, 504),
)
async def list_tasks(
    request: AnnalsRequest,
    q: Annotated[
        str | None,
        QueryParameter(
            max_length=500,
            pattern=NO_NUL,
            description="Words in title, tags or description. The last may go on: `groc` finds"
            " groceries. Quotes ask for a phrase, - for tasks without a word, OR for either:"
            ' `milk "blue door" OR -shop`',
        ),
    ] = None,
    status: Annotated[
        str | None,
        QueryParameter(
            schema_extra={"pattern": f"^({STATUSES})(,({STATUSES}))*$"},
            description="Any of these, separated by commas; open,completed by default",
        ),
    ] = None,
    priority: Annotated[
        str | None,
        QueryParameter(
            schema_extra={"pattern": f"^({PRIORITIES})(,({PRIORITIES}))*$"},
            description="Any of these, separated by commas",
        ),
    ] = None,
    tags: Annotated[
        str | None,
        QueryParameter(
            max_length=2600, pattern=NO_NUL, description="All of these, separated by commas"
        ),
    ] = None,
    not_tags: Annotated[
        str | None,
        QueryParameter(
            max_length=2600, pattern=NO_NUL, description="None of these, separated by commas"
        ),
    ] = None,
    due_after: Annotated[
        DueText | None, QueryParameter(description="Due then or later: a moment, or a day")
    ] = None,
    due_before: Annotated[
        DueText | None, QueryParameter(description="Due earlier: than a moment, or than a day")
    ] = None,
    completed_after: Annotated[
        DueText | None, QueryParameter(description="Completed then or later: a moment, or a day")
    ] = None,
    completed_before: Annotated[
        DueText | None,
        QueryParameter(description="Completed earlier: than a moment, or than a day"),
    ] = None,
    overdue: Annotated[
        bool | None,
        QueryParameter(
            description="Only open tasks whose moment or day is over in your time zone, or only"
            " other tasks"
        ),
    ] = None,
    due: Annotated[
        Literal["none"] | None, QueryParameter(description="Only tasks without a due date")
    ] = None,
    recurring: Annotated[
        bool | None, QueryParameter(description="Only tasks of a series, or only other tasks")
    ] = None,
    series_id: Annotated[UUID | None, QueryParameter(description="Tasks of this series")] = None,
    list_id: Annotated[
        str | None,
        QueryParameter(
            name="list", max_length=36, description="Tasks of this list; none: of no list"
        ),
    ] = None,
    sort: Annotated[
        str | None,
        QueryParameter(
            schema_extra={"pattern": f"^-?({SORTS})(,-?({SORTS}))*$"},
            description="The order, - for descending: `due_at,-priority`. By default the best "
            "match comes first if there is a q, else the newest task. In the order of `due_at` a "
            "day (`due_on`) follows the moments of that date in UTC",
        ),
    ] = None,
    limit: Limit = 50,
    cursor: LongCursor = None,
    page: Annotated[
        int | None,
        QueryParameter(
            ge=1,
            le=100_000,
            description=f"A page by its number, at most {MAX_PAGE_NUMBER}, with the total",
        ),
    ] = None,
    count: Annotated[
        bool,
        QueryParameter(
            description="With the `total`; above 10,000 tasks, with `total_is_at_least`"
        ),
    ] = False,
) -> Answer[TaskPage]:
    """List or search your tasks, page by page."""
    if cursor is not None and page is not None:
        raise HttpProblem("invalid", "Give a cursor or a page, not both.", field="page")
    if page is not None and page > MAX_PAGE_NUMBER:
        raise HttpProblem(
            "invalid",
            f"page must be at most {MAX_PAGE_NUMBER}. To read on, use a cursor: give the"
            " `next_cursor` of a page as `cursor` to get the next one.",
            field="page",
        )
    texts = {
        "due_after": due_after,
        "due_before": due_before,
        "completed_after": completed_after,
        "completed_before": completed_before,
    }
    bounds = {name: moment_or_day(name, text) for name, text in texts.items()}
    needs_zone = overdue is not None or any(bounds.values())
    query = TaskQuery(
        q=q or None,
        status=several("status", status, Status) or (Status.OPEN, Status.COMPLETED),
        priority=several("priority", priority, Priority),
        tags=several("tags", tags, Tag),
        not_tags=several("not_tags", not_tags, Tag),
        **bounds,
        overdue=overdue,
        undated=due == "none",
        timezone=await account_zone(request) if needs_zone else "UTC",
        now=datetime.now(UTC),
        recurring=recurring,
        series_id=series_id,
        list_id=None if list_id is None else _list(list_id),
        sort=[
            SortBy(field=field, descending=descending) for field, descending in _sort(sort).items()
        ],
        limit=limit,
        cursor=cursor,
        page=page,
        count=count,
    )
    await wait_for_view(request, "task_list")
    return Answer(await request.parts.queries.run(search, request.account_id, query))


def _list(text: str) -> UUID | Literal["none"]:
    return "none" if text == "none" else one("list", text, UUID)


def _sort(text: str | None) -> dict[SortField, bool]:
    """Return the fields to sort by, and whether each is descending."""
    names = several("sort", text, str)
    fields = [(name.removeprefix("-"), name.startswith("-")) for name in names]
    return {one("sort", name, FIELD): down for name, down in fields}
