"""The routes of sessions: see where you are logged in, and end it there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import delete, get
from litestar.params import FromPath, QueryParameter

from application.ports.identity import ActiveSession
from domain.errors import SessionNotFound
from domain.record import Record
from domain.vocabulary import SessionEnd, SignInMethod
from interfaces.http.openapi.documentation import Documented, problems
from interfaces.http.protocol.execution import context
from interfaces.http.protocol.parameters import check_request
from interfaces.http.protocol.request import AnnalsRequest


class SessionBody(Record):
    """`address` is a pseudonym: the same for the same network address. `current`: the session that
    this request belongs to."""

    id: UUID
    method: SignInMethod
    device: str
    address: str
    started_at: datetime
    last_used_at: datetime
    current: bool


class SessionList(Record):
    items: Sequence[SessionBody]


@get(
    "/sessions",
    before_request=check_request,
    operation_id="list_sessions",
    operation_class=Documented,
    responses=problems(401, 503),
)
async def list_sessions(request: AnnalsRequest) -> SessionList:
    """List the sessions that you are logged in with, the latest used first."""
    identity = request.identity
    found = await request.parts.login.active_sessions.of_account(identity.account_id)
    return SessionList(items=[_body(session, identity.session_id) for session in found])


@delete(
    "/sessions/{session_id:uuid}",
    before_request=check_request,
    status_code=204,
    operation_id="end_session",
    operation_class=Documented,
    responses=problems(400, 401, 404, 503),
)
async def end_session(session_id: FromPath[UUID], request: AnnalsRequest) -> None:
    """End one of your sessions. Its access tokens are refused within seconds."""
    await request.body()
    account_id = request.account_id
    sessions = request.parts.login.active_sessions
    if not await sessions.end(account_id, session_id, SessionEnd.ASKED, context(request)):
        raise SessionNotFound(session_id)


@delete(
    "/sessions",
    before_request=check_request,
    status_code=204,
    operation_id="end_sessions",
    operation_class=Documented,
    responses=problems(400, 401, 422, 503),
)
async def end_sessions(
    request: AnnalsRequest,
    but: Annotated[
        Literal["current"] | None,
        QueryParameter(name="except", description="Keep the session of this request"),
    ] = None,
) -> None:
    """End all of your sessions, or all others."""
    await request.body()
    kept = request.identity.session_id if but else None
    sessions = request.parts.login.active_sessions
    await sessions.end_all(request.account_id, SessionEnd.ASKED, context(request), but=kept)


def _body(session: ActiveSession, current: UUID | None) -> SessionBody:
    return SessionBody(
        id=session.id,
        method=session.method,
        device=session.device,
        address=session.address,
        started_at=session.started_at,
        last_used_at=session.last_used_at,
        current=session.id == current,
    )
