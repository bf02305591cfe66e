"""Reactions that tell people what happened, and those to how the telling went."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from msgspec.structs import replace

from application.command import Command
from application.commands.notifications import RequestNotification
from application.commands.preferences import NoteGivenUp, NoteGone, NoteTaken
from application.reactions.reaction import LoadState
from domain.events.event import Event
from domain.events.notifications import (
    NotificationDeadLettered,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
)
from domain.events.preferences import AddressGiven, EndpointSwitchedOff
from domain.events.recorded import Recorded
from domain.events.reminders import ReminderTriggered
from domain.events.tasks import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReopened,
    TaskRescheduled,
)
from domain.notification import Notification
from domain.preferences import Preferences, Recipient
from domain.task import Task
from domain.values.streams import event_id, notification_id, preferences_stream
from domain.vocabulary import ChannelName, NotificationId, TaskId, Topic

TOPICS: Mapping[type[Event], Topic] = {
    ReminderTriggered: Topic.REMINDER,
    TaskCreated: Topic.TASK_CREATED,
    TaskRescheduled: Topic.TASK_RESCHEDULED,
    TaskCompleted: Topic.TASK_COMPLETED,
    TaskReopened: Topic.TASK_REOPENED,
    TaskDeleted: Topic.TASK_DELETED,
}
# What makes a sound or lights up: quiet hours hold these.
HELD_IN_QUIET_HOURS = frozenset({ChannelName.EMAIL, ChannelName.WEB_PUSH})


class RequestNotifications:
    """What somebody wishes to hear of is told over every channel they have switched on."""

    name: ClassVar[str] = "tell"
    listens_to: ClassVar[tuple[type[Event], ...]] = tuple(TOPICS)

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]:
        topic = TOPICS[type(recorded.event)]
        if isinstance(recorded.event, TaskCreated):
            # Few wish to hear of every new task, and this fact alone says whose it is.
            wishes = await current_state(Preferences(), preferences_stream(recorded.event.owner))
            if topic not in wishes.topics:
                return []
        task = await current_state(Task(), recorded.originator_id)
        if task.owner is None:
            return []
        preferences = await current_state(Preferences(), preferences_stream(task.owner))
        ringing = recorded.event if isinstance(recorded.event, ReminderTriggered) else None
        news = NotificationRequested(
            account_id=task.owner,
            channel=ChannelName.IN_APP,
            kind=topic,
            cause=event_id(recorded.originator_id, recorded.originator_version),
            occurred_at=recorded.recorded_at,
            task_id=TaskId(recorded.originator_id),
            reminder_id=ringing.reminder_id if ringing else None,
            title=task.title,
            due_at=task.due_at,
        )
        return [
            _request_notification(request, name)
            for recipient in preferences.recipients(topic)
            for request, name in _in_time(news, recipient, preferences)
        ]


def _in_time(
    news: NotificationRequested, recipient: Recipient, preferences: Preferences
) -> Iterator[tuple[NotificationRequested, str]]:
    """Yield what is asked of one recipient: to be told now, after the quiet hours, or together
    with what else is held by then."""
    told = replace(news, channel=recipient.channel, endpoint_id=recipient.endpoint_id)
    quiet = (
        preferences.quiet_until_after(news.occurred_at)
        if recipient.channel in HELD_IN_QUIET_HOURS
        else None
    )
    if quiet is None:
        yield told, recipient.name
        return
    if not preferences.digest:
        yield replace(told, not_before=quiet), recipient.name
        return
    digest = _digest(told, recipient, quiet)
    yield digest, _digest_name(recipient, quiet)
    yield replace(told, digest_id=_digest_id(told, recipient, quiet)), recipient.name


def _digest(
    told: NotificationRequested, recipient: Recipient, quiet: datetime
) -> NotificationRequested:
    # The same whatever was held first, so that the second to ask for it loses.
    return NotificationRequested(
        account_id=told.account_id,
        channel=told.channel,
        endpoint_id=told.endpoint_id,
        kind="digest",
        cause=preferences_stream(told.account_id),
        occurred_at=quiet,
        not_before=quiet,
    )


def _digest_name(recipient: Recipient, quiet: datetime) -> str:
    return f"{recipient.name} until {quiet.isoformat()}"


def _digest_id(told: NotificationRequested, recipient: Recipient, quiet: datetime) -> UUID:
    cause = preferences_stream(told.account_id)
    return notification_id(cause, _digest_name(recipient, quiet))


def _request_notification(request: NotificationRequested, recipient: str) -> RequestNotification:
    return RequestNotification(
        notification_id=NotificationId(notification_id(request.cause, recipient)), request=request
    )


class RequestAddressVerification:
    """Who gives an address is asked there whether it is theirs."""

    name: ClassVar[str] = "ask_to_verify"
    listens_to: ClassVar[tuple[type[Event], ...]] = (AddressGiven,)

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]:
        event = recorded.event
        if not isinstance(event, AddressGiven) or event.address is None:
            return []
        request = NotificationRequested(
            account_id=event.account_id,
            channel=ChannelName.EMAIL,
            kind="verify_email",
            cause=event_id(recorded.originator_id, recorded.originator_version),
            occurred_at=recorded.recorded_at,
            address=event.address,
        )
        return [_request_notification(request, ChannelName.EMAIL)]


class TrackEndpointHealth:
    """What refuses again and again is switched off, and what is gone is not tried again."""

    name: ClassVar[str] = "look_after_endpoints"
    listens_to: ClassVar[tuple[type[Event], ...]] = (
        NotificationSent,
        NotificationFailed,
        NotificationDeadLettered,
    )

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]:
        event = recorded.event
        if not isinstance(event, NotificationSent | NotificationFailed | NotificationDeadLettered):
            return []
        if event.endpoint_id is None or (isinstance(event, NotificationFailed) and not event.gone):
            return []
        told = await current_state(Notification(), recorded.originator_id)
        if told.request is None:
            return []
        account, endpoint = told.request.account_id, event.endpoint_id
        if isinstance(event, NotificationSent):
            return [NoteTaken(account_id=account, endpoint_id=endpoint)]
        if isinstance(event, NotificationFailed):
            return [NoteGone(account_id=account, endpoint_id=endpoint, why=event.reason)]
        return [
            NoteGivenUp(
                account_id=account,
                endpoint_id=endpoint,
                notification_id=NotificationId(recorded.originator_id),
                why=event.reason,
            )
        ]


class NotifyEndpointDisabled:
    """Whose webhook was switched off finds a notice in the inbox."""

    name: ClassVar[str] = "tell_of_switch_off"
    listens_to: ClassVar[tuple[type[Event], ...]] = (EndpointSwitchedOff,)

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]:
        event = recorded.event
        preferences = await current_state(Preferences(), recorded.originator_id)
        if not isinstance(event, EndpointSwitchedOff) or preferences.account_id is None:
            return []
        endpoint = preferences.endpoints.get(event.endpoint_id)
        host = endpoint.host if endpoint else "one that is gone"
        request = NotificationRequested(
            account_id=preferences.account_id,
            channel=ChannelName.IN_APP,
            kind="notice",
            cause=event_id(recorded.originator_id, recorded.originator_version),
            occurred_at=recorded.recorded_at,
            title=f"The webhook to {host} was switched off",
            text=f"{event.why} Switch it on again once it works.",
        )
        return [_request_notification(request, ChannelName.IN_APP)]
