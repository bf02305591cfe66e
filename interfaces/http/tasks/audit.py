"""The audit trail: users see changes of their own data, auditors and administrators see all."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Literal
from uuid import UUID

from litestar import Response, Router, get
from litestar.params import FromPath, QueryParameter
from msgspec.structs import replace

from application.commands.tasks import TaskStream
from application.ports.limits import TooManyStreams
from domain.vocabulary import TaskId
from interfaces.http.openapi.documentation import QUERY, Exporting, Querying, problems
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.authentication import may_see_everything
from interfaces.http.protocol.execution import read
from interfaces.http.protocol.held_stream import HeldStream
from interfaces.http.protocol.paging import Cursor, Limit
from interfaces.http.protocol.parameters import MomentText, check_request, moment, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from interfaces.http.tasks.audit_export import MEDIA_TYPES, ExportFormat, exported
from projections.views.audit_trail.audit import AuditPage, AuditQuery, entries

EXPORT_SECONDS = 600.0  # seconds an export may take
EntityType = Literal[
    "task",
    "series",
    "list",
    "search",
    "account",
    "notification",
    "session",
    "password_reset",
    "second_factors",
    "view_run",
]
Action = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^[a-z_]+\.[a-z_]+$", max_length=100, description="Such as task.completed"
    ),
]
Since = Annotated[
    MomentText | None, QueryParameter(name="from", description="Recorded at this moment or later")
]
Until = Annotated[MomentText | None, QueryParameter(name="to", description="Recorded earlier")]
UserId = Annotated[UUID | None, QueryParameter(description="Changed by this account")]
EntityId = Annotated[UUID | None, QueryParameter(description="Changes of this entity")]
Entity = Annotated[
    EntityType | None, QueryParameter(description="Changes of entities of this type")
]


async def _page(request: AnnalsRequest, query: AuditQuery) -> AuditPage:
    await wait_for_view(request, "history")
    return await request.parts.queries.run(entries, _restricted(request, query))


def _restricted(request: AnnalsRequest, query: AuditQuery) -> AuditQuery:
    """Restrict a query to what the client may see."""
    identity = request.identity
    if may_see_everything(identity):
        return query
    return replace(query, owner=identity.account_id)


@get("/", operation_id="audit", operation_class=Querying, responses=problems(*QUERY, 410, 504))
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
    """List changes, newest first."""
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
    responses=problems(*QUERY, 410, 504),
)
async def audit_of_entity(
    request: AnnalsRequest,
    entity_type: FromPath[EntityType],
    entity_id: FromPath[UUID],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AuditPage:
    """List the changes of one entity, newest first."""
    query = AuditQuery(entity_type=entity_type, entity_id=entity_id, limit=limit, cursor=cursor)
    page = await _page(request, query)
    if not page.items and cursor is None:
        raise HttpProblem("not-found", f"There is no {entity_type} {entity_id}.")
    return page


@get(
    "/users/{user_id:uuid}/activity",
    operation_id="audit_of_user",
    operation_class=Querying,
    responses=problems(*QUERY, 410, 504),
)
async def audit_of_user(
    request: AnnalsRequest, user_id: FromPath[UUID], limit: Limit = 50, cursor: Cursor = None
) -> AuditPage:
    """List the changes that a user made, newest first."""
    identity = request.identity
    if user_id != identity.account_id and not may_see_everything(identity):
        raise HttpProblem("account-not-found", f"There is no account {user_id}.")
    return await _page(request, AuditQuery(actor=str(user_id), limit=limit, cursor=cursor))


@get(
    "/{task_id:uuid}/history",
    operation_id="task_history",
    operation_class=Querying,
    responses=problems(*QUERY, 410, 504),
)
async def task_history(
    request: AnnalsRequest, task_id: FromPath[UUID], limit: Limit = 50, cursor: Cursor = None
) -> AuditPage:
    """List the changes of a task, newest first, with the values before and after."""
    identity = request.identity
    if not may_see_everything(identity):
        await read(request, TaskStream(task_id=TaskId(task_id)))
    query = AuditQuery(entity_type="task", entity_id=task_id, limit=limit, cursor=cursor)
    return await _page(request, query)


@get(
    "/export",
    operation_id="audit_export",
    operation_class=Exporting,
    responses=problems(*QUERY, 410, 504),
)
async def audit_export(
    request: AnnalsRequest,
    format: Annotated[ExportFormat, QueryParameter()],  # noqa: A002 - the parameter's name
    entity_type: Entity = None,
    entity_id: EntityId = None,
    user_id: UserId = None,
    action: Action = None,
    since: Since = None,
    until: Until = None,
) -> Response[None]:
    """Export all changes that match, oldest first, as a stream. An account can have one export
    at a time, for at most ten minutes; one that is cut off ends without its last chunk."""
    query = AuditQuery(
        entity_type=entity_type,
        entity_id=entity_id,
        actor=str(user_id) if user_id else None,
        action=action,
        since=moment("from", since),
        until=moment("to", until),
    )
    await wait_for_view(request, "history")
    limit, stay = request.parts.export_limit, AsyncExitStack()
    try:
        await stay.enter_async_context(limit.acquire(request.account_id))
    except TooManyStreams:
        raise HttpProblem(
            "too-many-requests",
            f"An account can have {limit.most} export at a time. Repeat it when that has ended.",
            headers={"Retry-After": str(int(limit.life_seconds))},
        ) from None
    held = stay.enter_context(request.parts.login.authenticator.hold(request.identity))
    chunks = exported(
        request.parts.queries, _restricted(request, query), format, seconds=EXPORT_SECONDS
    )
    try:
        # The first chunk is read before the response begins, so that a refusal is still possible.
        first = await anext(chunks)
    except BaseException:
        await stay.aclose()
        raise
    name = f'attachment; filename="annals-audit.{format}"'.encode()
    return HeldStream(
        _chain(first, chunks),
        stay,
        media_type=MEDIA_TYPES[format],
        headers=[(b"content-disposition", name)],
        endings={held.ended: None},
    )


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


AUDIT = Router(
    "/audit",
    route_handlers=[audit, audit_of_entity, audit_of_user, audit_export],
    before_request=check_request,
    tags=["Audit"],
)
