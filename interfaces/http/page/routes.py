"""The routes of the page: its document at the address of each screen, its files, its worker."""

from asyncio import to_thread
from functools import cache
from typing import Annotated

from litestar import MediaType, Response, get
from litestar.params import PathParameter

from interfaces.http.openapi.static_file import StaticFile
from interfaces.http.page.page_files import PageFiles, read_page_files
from interfaces.http.page.policy import HEADERS, WORKER_HEADERS
from interfaces.http.page.screens import SCREENS
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest


@get(
    [
        "/",
        *(f"/{screen}" for screen in SCREENS),
        *(f"/{screen}/{{rest:path}}" for screen in SCREENS),
    ],
    operation_id="page",
    media_type=MediaType.HTML,
    include_in_schema=False,
)
async def page(request: AnnalsRequest) -> Response[bytes]:
    await _made()
    return _document().respond(request.scope)


@get(
    "/assets/{digest:str}/{name:path}",
    operation_id="page_asset",
    include_in_schema=False,
)
async def page_asset(
    request: AnnalsRequest,
    digest: Annotated[str, PathParameter(max_length=64)],
    name: Annotated[str, PathParameter(max_length=200)],
) -> Response[bytes]:
    files = await _made()
    asset = files.assets.get(name.lstrip("/"))
    if asset is None or digest != files.digest:
        raise HttpProblem("not-found", "The page has no such file. Load it again.")
    return asset.respond(request.scope)


@get("/sw.js", operation_id="page_worker", include_in_schema=False)
async def page_worker(request: AnnalsRequest) -> Response[bytes]:
    await _made()
    return _worker().respond(request.scope)


async def _made() -> PageFiles:
    """Return the files; the first request makes them, which takes too long for the event loop."""
    return page_files() if page_files.cache_info().currsize else await to_thread(page_files)


@cache
def page_files() -> PageFiles:
    return read_page_files()


@cache
def _document() -> StaticFile:
    return StaticFile(page_files().document, "text/html", HEADERS)


@cache
def _worker() -> StaticFile:
    return StaticFile(page_files().worker, "text/javascript", WORKER_HEADERS)
