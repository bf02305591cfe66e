"""Reactions to how deliveries to push subscriptions and webhooks went."""

from collections.abc import Sequence
from typing import Any, ClassVar

from application.command import Command
from application.commands.preferences import NoteGivenUp, NoteGone, NoteTaken
from application.reactions.notification_reactions import request_notification
from application.reactions.reaction import LoadState
from domain.events.event import Event
from domain.events.notifications import (
    NotificationDeadLettered,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
)
from domain.events.preferences import EndpointSwitchedOff
from domain.events.recorded import Recorded
from domain.notification import Notification
from domain.preferences import Preferences
from domain.values.streams import event_id
from domain.vocabulary import ChannelName, NotificationId


class TrackEndpointHealth:
    """Switches off endpoints that fail again and again, and removes those that no longer exist."""

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
        notification = await current_state(Notification(), recorded.originator_id)
        if notification.request is None:
            return []
        account, endpoint = notification.request.account_id, event.endpoint_id
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
    """Puts a notice into the inbox of the owner of a webhook that was switched off by us, not by an
    undo of the owner."""

    name: ClassVar[str] = "tell_of_switch_off"
    listens_to: ClassVar[tuple[type[Event], ...]] = (EndpointSwitchedOff,)

    async def commands(
        self, recorded: Recorded, current_state: LoadState
    ) -> Sequence[Command[Any]]:
        event = recorded.event
        if not recorded.actor.startswith("system:"):
            return []
        preferences = await current_state(Preferences(), recorded.originator_id)
        if not isinstance(event, EndpointSwitchedOff) or preferences.account_id is None:
            return []
        endpoint = preferences.endpoints.get(event.endpoint_id)
        host = endpoint.host if endpoint else "a removed endpoint"
        request = NotificationRequested(
            account_id=preferences.account_id,
            channel=ChannelName.IN_APP,
            kind="notice",
            cause=event_id(recorded.originator_id, recorded.originator_version),
            occurred_at=recorded.recorded_at,
            title=f"The webhook to {host} was switched off",
            text=f"{event.why} Switch it on again once it works.",
        )
        return [request_notification(request, ChannelName.IN_APP)]
