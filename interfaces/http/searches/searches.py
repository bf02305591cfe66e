"""The routes of saved searches: save, read, change and delete them."""

from uuid import UUID

from litestar import Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from application.commands.saved_searches import (
    ChangeSearch,
    DeleteSearch,
    SavedSearchCommand,
    SavedSearchStream,
    SaveSearch,
)
from domain.vocabulary import SearchId
from interfaces.http.openapi.described_headers import VERSIONED
from interfaces.http.openapi.documentation import QUERY, Reading, changing, problems
from interfaces.http.protocol.body import Body
from interfaces.http.protocol.execution import execute, read, respond, respond_if_changed
from interfaces.http.protocol.parameters import check_request
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7
from interfaces.http.searches.search_bodies import (
    NewSearch,
    SearchBody,
    SearchChange,
    body_of,
)
from interfaces.http.searches.search_list import list_searches
from interfaces.http.tasks.task_filters import query_of


async def _change(request: AnnalsRequest, command: SavedSearchCommand) -> Response[SearchBody]:
    receipt = await execute(request, command)
    return respond(body_of(receipt.state), receipt)


@changing(post, "/", "save_search", created=True, dto=Body)
async def save_search(data: JSONBody[NewSearch], request: AnnalsRequest) -> Response[SearchBody]:
    """Save a search. Its `filter` has parameters of `GET /tasks`, and is checked as they are."""
    await query_of(request, data.filter)
    command = SaveSearch(
        search_id=SearchId(uuid7()),
        owner=request.account_id,
        name=data.name,
        filter=data.filter.texts(),
    )
    receipt = await execute(request, command)
    body = body_of(receipt.state)
    return respond(body, receipt, status=201, location=f"/api/v1/searches/{body.id}")


@get(
    "/{search_id:uuid}",
    operation_id="get_search",
    operation_class=Reading,
    responses=problems(*QUERY),
    response_headers=VERSIONED,
)
async def get_search(search_id: FromPath[UUID], request: AnnalsRequest) -> Response[SearchBody]:
    """Get a saved search from the log: always up to date."""
    receipt = await read(request, SavedSearchStream(search_id=SearchId(search_id)))
    receipt.state.must_exist()
    return respond_if_changed(request, body_of(receipt.state), receipt)


@changing(patch, "/{search_id:uuid}", "change_search", dto=Body)
async def change_search(
    search_id: FromPath[UUID], data: JSONBody[SearchChange], request: AnnalsRequest
) -> Response[SearchBody]:
    """Rename a saved search, or give it another filter."""
    texts = None
    if data.filter is not UNSET:
        await query_of(request, data.filter)
        texts = data.filter.texts()
    name = None if data.name is UNSET else data.name
    command = ChangeSearch(search_id=SearchId(search_id), name=name, filter=texts)
    return await _change(request, command)


@changing(delete, "/{search_id:uuid}", "delete_search")
async def delete_search(search_id: FromPath[UUID], request: AnnalsRequest) -> Response[SearchBody]:
    """Delete a saved search. Deleting it again changes nothing."""
    return await _change(request, DeleteSearch(search_id=SearchId(search_id)))


SEARCHES = Router(
    "/searches",
    route_handlers=[save_search, list_searches, get_search, change_search, delete_search],
    before_request=check_request,
    tags=["Searches"],
)
