"""Requests to change a notification, and the inbox."""

from typing import ClassVar
from uuid import UUID

from application.command import Command, Context, Events, Stream
from application.policy import may_access
from domain.errors import NotificationNotFound
from domain.events.notifications import NotificationRequested
from domain.inbox import InboxState
from domain.notification import DeliveryFailure, Notification, RetryPolicy
from domain.values.delivery_reason import DeliveryReason
from domain.values.streams import inbox_stream
from domain.vocabulary import AccountId, ChannelName, NotificationId


class NotificationStream(Stream[Notification]):
    """The stream of one notification."""

    notification_id: NotificationId

    @property
    def stream_id(self) -> UUID:
        return self.notification_id

    def initial(self) -> Notification:
        return Notification()

    def authorize(self, state: Notification, context: Context) -> None:
        # A notification of somebody else is answered like one that does not exist.
        if not may_access(state.account_id, context):
            raise NotificationNotFound(self.notification_id)


class NotificationCommand(NotificationStream, Command[Notification]):
    """A request to change one notification."""


class RequestNotification(NotificationCommand):
    """Notify an account of an event. The id is computed from both, so a second request loses."""

    starts_stream: ClassVar[bool] = True

    request: NotificationRequested

    def authorize(self, state: Notification, context: Context) -> None:
        """Only reactions send this."""

    def decide(self, state: Notification, context: Context) -> Events:
        return [self.request]


class RecordSent(NotificationCommand):
    def decide(self, state: Notification, context: Context) -> Events:
        return state.sent()


class RecordFailure(NotificationCommand):
    """`chance` (0 to 1) spreads the next attempts of many."""

    failure: DeliveryFailure
    retry_policy: RetryPolicy
    chance: float

    def decide(self, state: Notification, context: Context) -> Events:
        return state.failed(self.failure, self.retry_policy, context.now, chance=self.chance)


class SuppressNotification(NotificationCommand):
    why: DeliveryReason

    def decide(self, state: Notification, context: Context) -> Events:
        return state.suppress(self.why)


class DeadLetterCommand(NotificationCommand):
    """A request of an operator about a dead letter of anybody. The interface checks the role."""

    def authorize(self, state: Notification, context: Context) -> None:
        if state.request is None:
            raise NotificationNotFound(self.notification_id)


class RetryNotification(DeadLetterCommand):
    def decide(self, state: Notification, context: Context) -> Events:
        return state.retry()


class DiscardNotification(DeadLetterCommand):
    def decide(self, state: Notification, context: Context) -> Events:
        return state.discard()


class MarkNotification(NotificationCommand):
    """Mark an inbox entry as read or unread."""

    read: bool

    def authorize(self, state: Notification, context: Context) -> None:
        super().authorize(state, context)
        if state.request is None or state.request.channel is not ChannelName.IN_APP:
            raise NotificationNotFound(self.notification_id)

    def decide(self, state: Notification, context: Context) -> Events:
        return state.mark(read=self.read)


class ReadInbox(Command[InboxState]):
    """Mark the whole inbox as read."""

    account_id: AccountId

    @property
    def stream_id(self) -> UUID:
        return inbox_stream(self.account_id)

    def initial(self) -> InboxState:
        return InboxState()

    def decide(self, state: InboxState, context: Context) -> Events:
        return state.read_all(self.account_id, context.now)
