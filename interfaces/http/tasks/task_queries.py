"""Lists and searches tasks: the parameters of GET /tasks."""

from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter
from msgspec.structs import replace

from application.commands.saved_searches import SavedSearchStream
from domain.vocabulary import Priority, SearchId, Status
from interfaces.http.openapi.documentation import QUERY, Querying, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.execution import read
from interfaces.http.protocol.paging import Limit, LongCursor
from interfaces.http.protocol.parameters import DueText, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.tasks.task_filters import TaskFilter, filter_of, overridden, query_of
from projections.views.searching.task_query import SortField, TaskPage
from projections.views.searching.task_search import search

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
    saved: Annotated[
        UUID | None,
        QueryParameter(
            description="A saved search. Other parameters replace its own of the same name"
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
) -> TaskPage:
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
    wanted = TaskFilter(
        q=q,
        status=status,
        priority=priority,
        tags=tags,
        not_tags=not_tags,
        due_after=due_after,
        due_before=due_before,
        completed_after=completed_after,
        completed_before=completed_before,
        overdue=overdue,
        due=due,
        recurring=recurring,
        series_id=series_id,
        list=list_id,
        sort=sort,
    )
    if saved is not None:
        found = await read(request, SavedSearchStream(search_id=SearchId(saved)))
        found.state.must_exist()
        wanted = overridden(filter_of(found.state.filter), wanted)
    asked = await query_of(request, wanted)
    query = replace(asked, limit=limit, cursor=cursor, page=page, count=count)
    await wait_for_view(request, "task_list")
    return await request.parts.queries.run(search, request.account_id, query)
