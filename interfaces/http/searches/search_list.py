"""The saved searches of an account: all of them, and whether there is room for another."""

from litestar import get

from domain.errors import QuotaExceeded
from interfaces.http.openapi.documentation import QUERY, Querying, problems
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.parameters import wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.searches.search_bodies import AllSearches, of_row
from projections.views.searching.saved_searches import MAX_SEARCHES, of_owner


async def check_room(request: AnnalsRequest) -> None:
    """Refuse another saved search of an account that has many.

    Raises:
        QuotaExceeded: it has `MAX_SEARCHES`.
    """
    present = await request.parts.queries.run(of_owner, request.account_id)
    if len(present) >= MAX_SEARCHES:
        raise QuotaExceeded(f"An account has at most {MAX_SEARCHES} saved searches. Delete some.")


@get(
    "/",
    operation_id="list_searches",
    operation_class=Querying,
    responses=problems(*QUERY, 410, 504),
)
async def list_searches(request: AnnalsRequest) -> Answer[AllSearches]:
    """List your saved searches, the first saved first."""
    await wait_for_view(request, "saved_searches")
    rows = await request.parts.queries.run(of_owner, request.account_id)
    return Answer(AllSearches(items=[of_row(row) for row in rows]))
