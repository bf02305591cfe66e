"""The routes of dead letters: notifications that could not be delivered, for administrators."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath

from application.commands.notifications import (
    DeadLetterCommand,
    DiscardNotification,
    RetryNotification,
)
from domain.errors import NotificationNotFound
from domain.record import Record
from domain.vocabulary import NotificationId
from interfaces.http.openapi.documentation import QUERY, Querying, changing, problems
from interfaces.http.protocol.answers import Answer
from interfaces.http.protocol.execution import execute, respond
from interfaces.http.protocol.paging import Cursor, Limit, decode_position, next_cursor
from interfaces.http.protocol.parameters import check_request, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from projections.rows import BEFORE_ALL
from projections.views.reminders import notifications
from projections.views.reminders.notifications import NotificationRow

SEARCH = "dead letters"


class DeadLetters(Record):
    items: Sequence[NotificationRow]
    next_cursor: str | None


class DeadLetterStep(Record):
    at: datetime
    event: dict[str, Any]


class DeadLetter(Record):
    letter: NotificationRow
    steps: Sequence[DeadLetterStep]


class DeadLetterState(Record):
    id: NotificationId
    state: str


@get(
    "/",
    operation_id="list_dead_letters",
    operation_class=Querying,
    responses=problems(*QUERY, 403, 410, 504),
)
async def list_dead_letters(
    request: AnnalsRequest, limit: Limit = 50, cursor: Cursor = None
) -> DeadLetters:
    """List dead letters, the oldest first."""
    await wait_for_view(request, "notifications")
    rows = await request.parts.queries.run(
        notifications.dead, beyond=decode_position(cursor, SEARCH, BEFORE_ALL), limit=limit
    )
    positions = [(row.settled_at, row.id) for row in rows]
    return DeadLetters(items=rows, next_cursor=next_cursor(SEARCH, limit, positions))


@get(
    "/{notification_id:uuid}",
    operation_id="get_dead_letter",
    operation_class=Querying,
    responses=problems(*QUERY, 403, 410, 504),
)
async def get_dead_letter(notification_id: FromPath[UUID], request: AnnalsRequest) -> DeadLetter:
    """Get a dead letter with all delivery attempts."""
    await wait_for_view(request, "notifications")
    row = await request.parts.queries.run(notifications.by_id, notification_id)
    if row is None:
        raise NotificationNotFound(notification_id)
    history = await request.parts.streams.events(notification_id)
    steps = [
        DeadLetterStep(at=fact.recorded_at, event=msgspec.to_builtins(fact.event))
        for fact in history
    ]
    return DeadLetter(letter=row, steps=steps)


async def _settle(request: AnnalsRequest, command: DeadLetterCommand) -> Answer[DeadLetterState]:
    receipt = await execute(request, command)
    body = DeadLetterState(id=command.notification_id, state=receipt.state.state)
    return respond(body, receipt)


@changing(post, "/{notification_id:uuid}/retry", "retry_dead_letter", refusals=(403,))
async def retry_dead_letter(
    notification_id: FromPath[UUID], request: AnnalsRequest
) -> Answer[DeadLetterState]:
    """Retry a dead letter."""
    command = RetryNotification(notification_id=NotificationId(notification_id))
    return await _settle(request, command)


@changing(post, "/{notification_id:uuid}/discard", "discard_dead_letter", refusals=(403,))
async def discard_dead_letter(
    notification_id: FromPath[UUID], request: AnnalsRequest
) -> Answer[DeadLetterState]:
    """Discard a dead letter."""
    command = DiscardNotification(notification_id=NotificationId(notification_id))
    return await _settle(request, command)


DEAD_LETTERS = Router(
    "/admin/dead-letters",
    route_handlers=[list_dead_letters, get_dead_letter, retry_dead_letter, discard_dead_letter],
    before_request=check_request,
    tags=["Administration"],
)
