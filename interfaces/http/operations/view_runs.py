"""The routes of runs: rebuild and verify views, follow the progress, and cancel."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from application.operations.view_runs import CancelViewRun, RequestViewRun, ViewRunCommand
from domain.vocabulary import RunKind
from interfaces.http.openapi.described_headers import CREATED, REPLAYABLE
from interfaces.http.openapi.documentation import COMMAND, QUERY, Changing, Querying, problems
from interfaces.http.operations.run_bodies import AcceptedRun, RunBody, RunList, body_of
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.execution import execute, respond
from interfaces.http.protocol.paging import Cursor, Limit, decode_position, next_cursor
from interfaces.http.protocol.parameters import wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.protocol.uuid7 import uuid7
from projections.catalogue import UnknownView, view_named
from projections.rows import AFTER_ALL
from projections.views import view_runs


async def _accept(request: AnnalsRequest, command: ViewRunCommand) -> Answer[AcceptedRun]:
    receipt = await execute(request, command)
    state = receipt.state
    body = AcceptedRun(id=state.id or command.run, view=state.view, kind=state.kind)
    location = f"/api/v1/operations/runs/{body.id}"
    return respond(body, receipt, status=202, location=location)


async def _request(request: AnnalsRequest, view: str, kind: RunKind) -> Answer[AcceptedRun]:
    try:
        view_named(view)
    except UnknownView as error:
        raise HttpProblem("not-found", str(error)) from error
    command = RequestViewRun(run=uuid7(), requested_by=request.account_id, view=view, kind=kind)
    return await _accept(request, command)


@post(
    "/views/{view:str}/rebuild",
    operation_id="rebuild_view",
    status_code=202,
    operation_class=Changing,
    responses=problems(*COMMAND, 403),
    response_headers=CREATED,
)
async def rebuild_view(view: FromPath[str], request: AnnalsRequest) -> Answer[AcceptedRun]:
    """Request that a view be rebuilt from the log. A process that follows the log does so, one run
    after another; queries use the old table until the new one replaces it."""
    return await _request(request, view, RunKind.REBUILD)


@post(
    "/views/{view:str}/verify",
    operation_id="verify_view",
    status_code=202,
    operation_class=Changing,
    responses=problems(*COMMAND, 403),
    response_headers=CREATED,
)
async def verify_view(view: FromPath[str], request: AnnalsRequest) -> Answer[AcceptedRun]:
    """Request that a view be compared with the log, byte for byte. This changes nothing."""
    return await _request(request, view, RunKind.VERIFY)


@get(
    "/runs",
    operation_id="list_runs",
    operation_class=Querying,
    responses=problems(*QUERY, 403, 410, 504),
)
async def list_runs(request: AnnalsRequest, limit: Limit = 50, cursor: Cursor = None) -> RunList:
    """List the runs that rebuild and verify views, the latest requested first. Ask again each
    second to follow a run that has not ended."""
    beyond = decode_position(cursor, "runs", AFTER_ALL)
    await wait_for_view(request, "view_runs")
    rows = await request.parts.queries.run(view_runs.latest, beyond=beyond, limit=limit)
    positions = [(row.requested_at, row.id) for row in rows]
    return RunList(
        items=[body_of(row) for row in rows], next_cursor=next_cursor("runs", limit, positions)
    )


@get(
    "/runs/{run_id:uuid}",
    operation_id="get_run",
    operation_class=Querying,
    responses=problems(*QUERY, 403, 410, 504),
)
async def get_run(run_id: FromPath[UUID], request: AnnalsRequest) -> RunBody:
    """Get a run with its progress or its result."""
    await wait_for_view(request, "view_runs")
    row = await request.parts.queries.run(view_runs.by_id, run_id)
    if row is None:
        raise HttpProblem("not-found", f"There is no run {run_id}.")
    return body_of(row)


@post(
    "/runs/{run_id:uuid}/cancel",
    operation_id="cancel_run",
    status_code=202,
    operation_class=Changing,
    responses=problems(*COMMAND, 403),
    response_headers=REPLAYABLE,
)
async def cancel_run(run_id: FromPath[UUID], request: AnnalsRequest) -> Answer[AcceptedRun]:
    """Cancel a run. Its process stops within seconds and leaves the view as it was; a rebuild that
    has replaced the table by then has succeeded."""
    return await _accept(request, CancelViewRun(run=run_id))
