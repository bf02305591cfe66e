"""The routes of readers and processes: who follows the log, and who is connected."""

from collections.abc import Sequence

from litestar import Router, get

from application.operations.port import ProcessState, ReaderState
from domain.record import Record
from interfaces.http.openapi.documentation import QUERY, Documented, problems
from interfaces.http.operations.log import read_log, trace_correlation
from interfaces.http.operations.parked import discard_parked, list_parked, retry_parked
from interfaces.http.operations.streams import read_stream
from interfaces.http.operations.view_runs import (
    cancel_run,
    get_run,
    list_runs,
    rebuild_view,
    verify_view,
)
from interfaces.http.protocol.parameters import check_request
from interfaces.http.protocol.request import AnnalsRequest


class ReaderList(Record):
    items: Sequence[ReaderState]


class ProcessList(Record):
    items: Sequence[ProcessState]


@get(
    "/readers",
    operation_id="list_readers",
    operation_class=Documented,
    responses=problems(*QUERY, 403),
)
async def list_readers(request: AnnalsRequest) -> ReaderList:
    """List the views, reactions and other readers of the log, with their lag and parked events."""
    return ReaderList(items=await request.parts.operations.readers())


@get(
    "/processes",
    operation_id="list_processes",
    operation_class=Documented,
    responses=problems(*QUERY, 403),
)
async def list_processes(request: AnnalsRequest) -> ProcessList:
    """List the processes that are connected to the database, by name."""
    return ProcessList(items=await request.parts.operations.processes())


OPERATIONS = Router(
    "/operations",
    route_handlers=[
        *(list_readers, list_processes, read_log, trace_correlation, read_stream),
        *(list_parked, retry_parked, discard_parked),
        *(rebuild_view, verify_view, list_runs, get_run, cancel_run),
    ],
    before_request=check_request,
    tags=["Administration"],
)
