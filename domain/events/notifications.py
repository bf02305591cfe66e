"""The events of a notification and of the inbox."""

from datetime import date
from typing import TypeAlias
from uuid import UUID

from msgspec import UNSET, UnsetType

from domain.events.event import Event
from domain.vocabulary import AccountId, ChannelName, EndpointId, Moment, ReminderId, TaskId


class NotificationRequested(Event, tag="notification.requested"):
    """An account is to be notified of an event (`cause`) over one channel; over `in_app` it
    arrives with this event. `endpoint_id` is the push subscription or webhook.

    `address`: the mail goes there, whatever the preferences say. `link_id`: the stream that the
    link in the mail is for. `not_before`: quiet hours hold it until then. `digest_id`: the
    notification that sends it, together with others of the same quiet hours.
    """

    account_id: AccountId
    channel: ChannelName
    kind: str
    cause: UUID
    occurred_at: Moment
    endpoint_id: EndpointId | None = None
    task_id: TaskId | None = None
    reminder_id: ReminderId | None = None
    title: str = ""
    text: str = ""
    due_at: Moment | None = None
    address: str | None = None
    not_before: Moment | None = None
    digest_id: UUID | None = None
    link_id: UUID | None = None
    due_on: date | None = None


class NotificationSent(Event, tag="notification.sent"):
    """The receiver accepted it, at the attempt number `attempt`."""

    attempt: int
    endpoint_id: EndpointId | None = None


class NotificationFailed(Event, tag="notification.failed"):
    """An attempt failed. `gone`: the address no longer exists. The next attempt is at `retry_at`;
    null: there is none."""

    attempt: int
    reason: str
    permanent: bool
    gone: bool = False
    retry_at: Moment | None = None
    endpoint_id: EndpointId | None = None


class NotificationDeadLettered(Event, tag="notification.dead_lettered"):
    """Delivery was given up, unless a person retries it."""

    reason: str
    endpoint_id: EndpointId | None = None


class NotificationSuppressed(Event, tag="notification.suppressed"):
    """It was not sent: `why` is the code of the reason, such as `channel_off` or `online`."""

    why: str


class NotificationRetried(Event, tag="notification.retried"):
    """A person retries a dead letter, over its `channel`."""

    channel: ChannelName | None = None


class NotificationDiscarded(Event, tag="notification.discarded"):
    """A person discarded a dead letter."""


class NotificationRead(Event, tag="notification.read"):
    """The notification was marked as read in the inbox; with `marked_at`, undo put back a mark of
    that moment."""

    marked_at: Moment | UnsetType = UNSET


class NotificationUnread(Event, tag="notification.unread"):
    """The notification was marked as unread in the inbox; with `marked_at`, undo put back a mark of
    that moment, or with null that there was none."""

    marked_at: Moment | UnsetType | None = UNSET


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
    """The whole inbox was marked as read, up to this moment. An undo records an earlier moment,
    the year 1970 if the inbox was never read as a whole."""

    account_id: AccountId
    until: Moment
