"""The audit trail: your own for you, everything for auditors and administrators."""

import csv
import io
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec.structs import replace

from application.commands.tasks import TaskStream
from domain.vocabulary import TaskId
from interfaces.http.openapi.documentation import QUERY, Exporting, Querying, problems
from interfaces.http.protocol.authentication import may_see_everything, service
from interfaces.http.protocol.execution import context
from interfaces.http.protocol.parameters import MomentText, check_request, moment, wait_for_view
from interfaces.http.protocol.problems import HttpProblem
from interfaces.http.protocol.request import AnnalsRequest
from projections.cursor import BadCursor
from projections.views.audit import MAX_PAGE, AuditPage, AuditQuery, entries, export
from projections.views.history import HistoryEntry

Limit = Annotated[int, QueryParameter(ge=1, le=MAX_PAGE)]
Cursor = Annotated[
    str | None,
    QueryParameter(max_length=2000, description="`next_cursor` of the page before this one"),
]
EntityType = Literal["task", "series", "account", "notification"]
Action = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^[a-z]+\.[a-z_]+$", max_length=100, description="Such as task.completed"
    ),
]
Since = Annotated[
    MomentText | None, QueryParameter(name="from", description="Recorded then or later")
]
Until = Annotated[MomentText | None, QueryParameter(name="to", description="Recorded earlier")]
UserId = Annotated[UUID | None, QueryParameter(description="Done by this account")]
EntityId = Annotated[UUID | None, QueryParameter(description="What happened to this")]
Entity = Annotated[
    EntityType | None, QueryParameter(description="What happened to things of this kind")
]


async def _page(request: AnnalsRequest, query: AuditQuery) -> AuditPage:
    await wait_for_view(request, "history")
    try:
        return await service(request).ask(entries, _within_reach(request, query))
    except BadCursor as error:
        raise HttpProblem("invalid", str(error), field="cursor") from None


def _within_reach(request: AnnalsRequest, query: AuditQuery) -> AuditQuery:
    """Leave of what is asked for only what the asker may see."""
    identity = request.scope["auth"]
    if may_see_everything(identity):
        return query
    return replace(query, owner=identity.account_id)


@get("/", operation_id="audit", operation_class=Querying, responses=problems(*QUERY, 504))
async def audit(
    request: AnnalsRequest,
    entity_type: Entity = None,
    entity_id: EntityId = None,
    user_id: UserId = None,
    action: Action = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AuditPage:
    """Say what happened, newest first."""
    query = AuditQuery(
        entity_type=entity_type,
        entity_id=entity_id,
        actor=str(user_id) if user_id else None,
        action=action,
        since=moment("from", since),
        until=moment("to", until),
        limit=limit,
        cursor=cursor,
    )
    return await _page(request, query)


@get(
    "/{entity_type:str}/{entity_id:uuid}",
    operation_id="audit_of_entity",
    operation_class=Querying,
    responses=problems(*QUERY, 504),
)
async def audit_of_entity(
    request: AnnalsRequest,
    entity_type: FromPath[EntityType],
    entity_id: FromPath[UUID],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AuditPage:
    """Say what happened to one thing, newest first."""
    query = AuditQuery(entity_type=entity_type, entity_id=entity_id, limit=limit, cursor=cursor)
    page = await _page(request, query)
    if not page.items and cursor is None:
        raise HttpProblem("not-found", f"Nothing is known of a {entity_type} {entity_id}.")
    return page


@get(
    "/users/{user_id:uuid}/activity",
    operation_id="audit_of_user",
    operation_class=Querying,
    responses=problems(*QUERY, 504),
)
async def audit_of_user(
    request: AnnalsRequest, user_id: FromPath[UUID], limit: Limit = 50, cursor: Cursor = None
) -> AuditPage:
    """Say what somebody did, newest first."""
    identity = request.scope["auth"]
    if user_id != identity.account_id and not may_see_everything(identity):
        raise HttpProblem("account-not-found", f"There is no account {user_id}.")
    return await _page(request, AuditQuery(actor=str(user_id), limit=limit, cursor=cursor))


@get(
    "/{task_id:uuid}/history",
    operation_id="task_history",
    operation_class=Querying,
    responses=problems(*QUERY, 504),
)
async def task_history(
    request: AnnalsRequest, task_id: FromPath[UUID], limit: Limit = 50, cursor: Cursor = None
) -> AuditPage:
    """Say what happened to a task, newest first, with what was before and after."""
    identity = request.scope["auth"]
    if not may_see_everything(identity):
        asked = TaskStream(task_id=TaskId(task_id))
        await service(request).commands.read(asked, context(request, identity.actor))
    query = AuditQuery(entity_type="task", entity_id=task_id, limit=limit, cursor=cursor)
    return await _page(request, query)


@get(
    "/export",
    operation_id="audit_export",
    operation_class=Exporting,
    responses=problems(*QUERY, 504),
)
async def audit_export(
    request: AnnalsRequest,
    format: Annotated[Literal["csv", "ndjson"], QueryParameter()],  # noqa: A002 - the parameter's name
    entity_type: Entity = None,
    entity_id: EntityId = None,
    user_id: UserId = None,
    action: Action = None,
    since: Since = None,
    until: Until = None,
) -> Stream:
    """Everything that matches, oldest first, as it is read: in constant memory on both sides."""
    query = AuditQuery(
        entity_type=entity_type,
        entity_id=entity_id,
        actor=str(user_id) if user_id else None,
        action=action,
        since=moment("from", since),
        until=moment("to", until),
    )
    await wait_for_view(request, "history")
    lines = _lines(request, _within_reach(request, query), _FORMATS[format])
    # The first is read before the answer begins: a refusal can still be one.
    first = await anext(lines)
    return Stream(
        _chain(first, lines),
        media_type={"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}[format],
        headers={"Content-Disposition": f'attachment; filename="annals-audit.{format}"'},
    )


async def _lines(
    request: AnnalsRequest, query: AuditQuery, write: Callable[[HistoryEntry | None], bytes]
) -> AsyncIterator[bytes]:
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(service(request).query_runner.connection())
        gathered = write(None)
        async for entry in export(connection, query):
            gathered += write(entry)
            if len(gathered) > CHUNK:
                yield gathered
                gathered = b""
        yield gathered


CHUNK = 64 * 1024  # bytes


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


def _as_json(entry: HistoryEntry | None) -> bytes:
    return b"" if entry is None else msgspec.json.encode(entry) + b"\n"


COLUMNS = (
    "position",
    "recorded_at",
    "entity_type",
    "entity_id",
    "version",
    "owner",
    "action",
    "actor",
    "correlation_id",
    "causation_id",
    "changes",
)


def _as_csv(entry: HistoryEntry | None) -> bytes:
    """Return a line of CSV (RFC 4180); of no entry, the line of headings."""
    line = io.StringIO()
    writer = csv.writer(line)
    if entry is None:
        writer.writerow(COLUMNS)
    else:
        writer.writerow([_cell(getattr(entry, column)) for column in COLUMNS])
    return line.getvalue().encode()


def _cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    if isinstance(value, dict):
        text = msgspec.json.encode(value).decode()
    else:
        text = "" if value is None else str(msgspec.to_builtins(value))
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


_FORMATS = {"csv": _as_csv, "ndjson": _as_json}

AUDIT = Router(
    "/audit",
    route_handlers=[audit, audit_of_entity, audit_of_user, audit_export],
    before_request=check_request,
    tags=["Audit"],
    security=[{"bearer": []}],
)
