"""Reactions that notify people of events."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from msgspec.structs import replace

from application.command import Command
from application.commands.notifications import RequestNotification
from application.reactions.reaction import LoadState
from domain.events.event import Event
from domain.events.notifications import (
    NotificationRequested,
)
from domain.events.preferences import AddressGiven
from domain.events.recorded import Recorded
from domain.events.reminders import ReminderTriggered
from domain.events.tasks import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReopened,
    TaskRescheduled,
)
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
# Quiet hours hold these, because they make a sound or light up.
HELD_IN_QUIET_HOURS = frozenset({ChannelName.EMAIL, ChannelName.WEB_PUSH})


class RequestNotifications:
    """Notifies the owner of a task over every channel they have switched on for the topic."""

    name: ClassVar[str] = "tell"
    listens_to: ClassVar[tuple[type[Event], ...]] = tuple(TOPICS)

    async def select(
        self, facts: Sequence[Recorded], current_state: LoadState
    ) -> Sequence[Recorded]:
        """Leave out new tasks of those who did not subscribe to them, as few do."""
        owners = {
            fact.event.owner.int: fact.event.owner
            for fact in facts
            if isinstance(fact.event, TaskCreated)
        }
        loaded = await asyncio.gather(
            *(current_state(Preferences(), preferences_stream(each)) for each in owners.values())
        )
        subscribed = {
            owner
            for owner, preferences in zip(owners, loaded, strict=True)
            if Topic.TASK_CREATED in preferences.topics
        }
        return [
            fact
            for fact in facts
            if not isinstance(fact.event, TaskCreated) or fact.event.owner.int in subscribed
        ]

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]:
        topic = TOPICS[type(recorded.event)]
        task = await current_state(Task(), recorded.originator_id)
        if task.owner is None:
            return []
        preferences = await current_state(Preferences(), preferences_stream(task.owner))
        triggered = recorded.event if isinstance(recorded.event, ReminderTriggered) else None
        notification = NotificationRequested(
            account_id=task.owner,
            channel=ChannelName.IN_APP,
            kind=topic,
            cause=event_id(recorded.originator_id, recorded.originator_version),
            occurred_at=recorded.recorded_at,
            task_id=TaskId(recorded.originator_id),
            reminder_id=triggered.reminder_id if triggered else None,
            title=task.title,
            due_at=task.due_at,
            due_on=task.due_on,
        )
        return [
            request_notification(request, name)
            for recipient in preferences.recipients(topic)
            for request, name in _for_recipient(notification, recipient, preferences)
        ]


def _for_recipient(
    notification: NotificationRequested, recipient: Recipient, preferences: Preferences
) -> Iterator[tuple[NotificationRequested, str]]:
    """Yield the notifications to request for one recipient, each with the name of the recipient:
    one for now or for after the quiet hours, or one in a digest and the digest."""
    addressed = replace(notification, channel=recipient.channel, endpoint_id=recipient.endpoint_id)
    quiet = (
        preferences.quiet_until_after(notification.occurred_at)
        if recipient.channel in HELD_IN_QUIET_HOURS
        else None
    )
    if quiet is None:
        yield addressed, recipient.name
        return
    if not preferences.digest:
        yield replace(addressed, not_before=quiet), recipient.name
        return
    digest = _digest(addressed, recipient, quiet)
    yield digest, _digest_name(recipient, quiet)
    yield replace(addressed, digest_id=_digest_id(addressed, recipient, quiet)), recipient.name


def _digest(
    held: NotificationRequested, recipient: Recipient, quiet: datetime
) -> NotificationRequested:
    # The same whichever notification is held first, so that a second request for it fails.
    return NotificationRequested(
        account_id=held.account_id,
        channel=held.channel,
        endpoint_id=held.endpoint_id,
        kind="digest",
        cause=preferences_stream(held.account_id),
        occurred_at=quiet,
        not_before=quiet,
    )


def _digest_name(recipient: Recipient, quiet: datetime) -> str:
    return f"{recipient.name} until {quiet.isoformat()}"


def _digest_id(held: NotificationRequested, recipient: Recipient, quiet: datetime) -> UUID:
    cause = preferences_stream(held.account_id)
    return notification_id(cause, _digest_name(recipient, quiet))


def request_notification(request: NotificationRequested, recipient: str) -> RequestNotification:
    """Return the command for a notification, with the id that its cause and recipient give it."""
    return RequestNotification(
        notification_id=NotificationId(notification_id(request.cause, recipient)), request=request
    )


class RequestAddressVerification:
    """Sends a verification mail to an address that was given."""

    name: ClassVar[str] = "ask_to_verify"
    listens_to: ClassVar[tuple[type[Event], ...]] = (AddressGiven,)

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]:
        event = recorded.event
        if not isinstance(event, AddressGiven) or event.address is None:
            return []
        preferences = await current_state(Preferences(), recorded.originator_id)
        if preferences.address != event.address or preferences.address_verified:
            return []  # it is the address of the account, which was verified before
        request = NotificationRequested(
            account_id=event.account_id,
            channel=ChannelName.EMAIL,
            kind="verify_email",
            cause=event_id(recorded.originator_id, recorded.originator_version),
            occurred_at=recorded.recorded_at,
            address=event.address,
        )
        return [request_notification(request, ChannelName.EMAIL)]
