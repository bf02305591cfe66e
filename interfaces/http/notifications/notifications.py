"""The route of notifications: what was sent over which channel, and why something was not."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.params import QueryParameter

from application.commands.preferences import PreferencesStream
from application.explaining.outcome import Outcome, OutcomeState, settled
from application.explaining.reason_texts import reason_text
from domain.preferences import Preferences
from domain.record import Record
from domain.recurrence.local_time import local_text
from domain.values.delivery_reason import DeliveryReason
from domain.vocabulary import ChannelName, EndpointId, NotificationId, ReminderId, TaskId
from interfaces.http.openapi.documentation import QUERY, Querying, problems
from interfaces.http.protocol.execution import read
from interfaces.http.protocol.paging import Cursor, Limit, converted, cursor_after, decode_position
from interfaces.http.protocol.parameters import check_request, wait_for_view
from interfaces.http.protocol.request import AnnalsRequest
from projections.rows import AFTER_ALL
from projections.views.reminders import notifications
from projections.views.reminders.notifications import (
    ListedState,
    NotificationFilter,
    NotificationRow,
)


class ReasonBody(Record):
    """Why a notification is in its state: a code, and a text in your language."""

    code: DeliveryReason
    text: str


class NotificationBody(Record):
    """A notification over one channel. `attempt_at` is the time of the next attempt, `settled_at`
    when it was sent, suppressed or given up. `digest_id` is the notification that sends it."""

    id: NotificationId
    kind: str
    channel: ChannelName
    endpoint_id: EndpointId | None
    task_id: TaskId | None
    reminder_id: ReminderId | None
    digest_id: NotificationId | None
    title: str
    state: ListedState
    reason: ReasonBody
    attempts: int
    attempt_at: datetime | None
    requested_at: datetime
    settled_at: datetime | None


class NotificationPage(Record):
    items: Sequence[NotificationBody]
    next_cursor: str | None


def _outcome(row: NotificationRow, now: datetime) -> Outcome:
    if row.channel is ChannelName.IN_APP:
        return Outcome(state=OutcomeState.DELIVERED, reason=DeliveryReason.IN_INBOX)
    outcome = settled(row.state, row.reason, row.attempts, row.attempt_at)
    held = row.attempt_at is not None and row.attempt_at > now
    if outcome.reason is DeliveryReason.QUEUED and held:
        return Outcome(state=outcome.state, reason=DeliveryReason.QUIET_HOURS, until=row.attempt_at)
    return outcome


def _body(row: NotificationRow, mine: Preferences, now: datetime) -> NotificationBody:
    outcome = _outcome(row, now)
    until = "" if outcome.until is None else local_text(outcome.until, mine.timezone)
    text = reason_text(outcome.reason, mine.language, detail=outcome.detail, until=until)
    return NotificationBody(
        id=row.id,
        kind=row.kind,
        channel=row.channel,
        endpoint_id=row.endpoint_id,
        task_id=row.task_id,
        reminder_id=row.reminder_id,
        digest_id=row.digest_id,
        title=row.title,
        state=notifications.listed_state(row),
        reason=ReasonBody(code=outcome.reason, text=text),
        attempts=row.attempts,
        attempt_at=row.attempt_at,
        requested_at=row.requested_at,
        settled_at=row.settled_at,
    )


@get(
    "/",
    operation_id="list_notifications",
    operation_class=Querying,
    responses=problems(*QUERY, 410, 504),
)
async def list_notifications(
    request: AnnalsRequest,
    channel: Annotated[
        ChannelName | None, QueryParameter(description="Only of this channel")
    ] = None,
    wanted_state: Annotated[
        ListedState | None, QueryParameter(name="state", description="Only in this state")
    ] = None,
    task: Annotated[UUID | None, QueryParameter(description="Only about this task")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> NotificationPage:
    """List your notifications over every channel, the newest first, with the reason of each."""
    search = f"notifications {channel} {wanted_state} {task}"
    await wait_for_view(request, "notifications")
    page = await request.parts.queries.run(
        notifications.of_account,
        request.account_id,
        NotificationFilter(channel=channel, state=wanted_state, task_id=task),
        beyond=decode_position(cursor, search, AFTER_ALL),
        limit=limit,
    )
    mine = (await read(request, PreferencesStream(account_id=request.account_id))).state
    now = datetime.now(UTC)
    last = page.rows[-1] if page.more else None
    return NotificationPage(
        items=await converted(page.rows, lambda row: _body(row, mine, now)),
        next_cursor=cursor_after(search, [last.requested_at, last.id]) if last else None,
    )


NOTIFICATIONS = Router(
    "/notifications",
    route_handlers=[list_notifications],
    before_request=check_request,
    tags=["Notifications"],
)
