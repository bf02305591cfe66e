"""Every fact about a notification, and about the inbox that shows some of them."""

from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from domain.events.event import Event
from domain.vocabulary import AccountId, ChannelName, EndpointId, ReminderId, TaskId


class NotificationRequested(Event, tag="notification.requested"):
    """Somebody is to hear of what happened (`cause`), over one channel; what is shown in the
    inbox has arrived with this. `endpoint_id` says which push subscription or webhook.

    `not_before`: quiet hours hold it until then. `digest_id`: it is told by that notification,
    together with others of the same night.
    """

    account_id: AccountId
    channel: ChannelName
    kind: str
    cause: UUID
    occurred_at: datetime
    endpoint_id: EndpointId | None = None
    task_id: TaskId | None = None
    reminder_id: ReminderId | None = None
    title: str = ""
    text: str = ""
    due_at: datetime | None = None
    address: str | None = None
    not_before: datetime | None = None
    digest_id: UUID | None = None


class NotificationSent(Event, tag="notification.sent"):
    """The receiving side took it, at the `attempt`-th try."""

    attempt: int
    endpoint_id: EndpointId | None = None


class NotificationFailed(Event, tag="notification.failed"):
    """The receiving side did not take it. `gone`: its address is no more. The next try is at
    `retry_at`; without one there is none."""

    attempt: int
    reason: str
    permanent: bool
    gone: bool = False
    retry_at: datetime | None = None
    endpoint_id: EndpointId | None = None


class NotificationDeadLettered(Event, tag="notification.dead_lettered"):
    """It was given up, until a person decides otherwise."""

    reason: str
    endpoint_id: EndpointId | None = None


class NotificationSuppressed(Event, tag="notification.suppressed"):
    """It was not sent, because whom it was for does not want it so."""

    why: str


class NotificationRetried(Event, tag="notification.retried"):
    """Somebody wants a dead letter to be tried anew, over the `channel` it was for."""

    channel: ChannelName | None = None


class NotificationDiscarded(Event, tag="notification.discarded"):
    """Somebody put a dead letter away."""


class NotificationRead(Event, tag="notification.read"):
    """It was seen in the inbox."""


class NotificationUnread(Event, tag="notification.unread"):
    """It is to look new in the inbox."""


NotificationEvent: TypeAlias = (
    NotificationRequested
    | NotificationSent
    | NotificationFailed
    | NotificationDeadLettered
    | NotificationSuppressed
    | NotificationRetried
    | NotificationDiscarded
    | NotificationRead
    | NotificationUnread
)


class InboxRead(Event, tag="inbox.read"):
    """All that stood in the inbox at this moment was seen."""

    account_id: AccountId
    until: datetime
