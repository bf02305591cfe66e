"""The saved searches of an account."""

from litestar import get

from interfaces.http.openapi.documentation import QUERY, Querying, problems
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.parameters import wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.searches.search_bodies import AllSearches, body_of
from projections.views.searching.saved_searches import of_owner


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
    return Answer(AllSearches(items=[body_of(row) for row in rows]))
