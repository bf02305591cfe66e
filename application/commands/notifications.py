"""Requests to change a notification, and the inbox."""

from collections.abc import Sequence
from uuid import UUID

from application.command import Command, Context
from domain.errors import NotificationNotFound
from domain.events.notifications import NotificationRequested
from domain.events.recorded import AnyEvent
from domain.inbox import InboxState
from domain.notification import DeliveryFailure, Notification, RetryPolicy
from domain.values.streams import inbox_stream
from domain.vocabulary import AccountId, ChannelName, NotificationId


class NotificationCommand(Command[Notification]):
    """A request to change one notification."""

    notification_id: NotificationId

    @property
    def stream_id(self) -> UUID:
        return self.notification_id

    def initial(self) -> Notification:
        return Notification()

    def authorize(self, state: Notification, context: Context) -> None:
        # Someone else's is answered like one that does not exist.
        request = state.request
        if request is None or not (context.is_system or str(request.account_id) == context.actor):
            raise NotificationNotFound(self.notification_id)


class RequestNotification(NotificationCommand):
    """Tell somebody something. Its id says what and to whom, so a second request loses."""

    request: NotificationRequested

    @property
    def starts_stream(self) -> bool:
        return True

    def authorize(self, state: Notification, context: Context) -> None:
        """Only reactions ask for this."""

    def decide(self, state: Notification, context: Context) -> Sequence[AnyEvent]:
        return [self.request]


class RecordSent(NotificationCommand):
    def decide(self, state: Notification, context: Context) -> Sequence[AnyEvent]:
        return state.sent()


class RecordFailure(NotificationCommand):
    """`chance` (0 to 1) spreads the next attempts of many."""

    failure: DeliveryFailure
    retry_policy: RetryPolicy
    chance: float

    def decide(self, state: Notification, context: Context) -> Sequence[AnyEvent]:
        return state.failed(self.failure, self.retry_policy, context.now, chance=self.chance)


class SuppressNotification(NotificationCommand):
    why: str

    def decide(self, state: Notification, context: Context) -> Sequence[AnyEvent]:
        return state.suppress(self.why)


class DeadLetterCommand(NotificationCommand):
    """For those who look after everybody's dead letters: the door they come through checks who
    they are."""

    def authorize(self, state: Notification, context: Context) -> None:
        if state.request is None:
            raise NotificationNotFound(self.notification_id)


class RetryNotification(DeadLetterCommand):
    def decide(self, state: Notification, context: Context) -> Sequence[AnyEvent]:
        return state.retry()


class DiscardNotification(DeadLetterCommand):
    def decide(self, state: Notification, context: Context) -> Sequence[AnyEvent]:
        return state.discard()


class MarkNotification(NotificationCommand):
    """Say of something in the inbox that it was seen, or is to look new."""

    read: bool

    def authorize(self, state: Notification, context: Context) -> None:
        super().authorize(state, context)
        if state.request is None or state.request.channel is not ChannelName.IN_APP:
            raise NotificationNotFound(self.notification_id)

    def decide(self, state: Notification, context: Context) -> Sequence[AnyEvent]:
        return state.mark(read=self.read)


class ReadInbox(Command[InboxState]):
    """Say that all that stands in the inbox was seen."""

    account_id: AccountId

    @property
    def stream_id(self) -> UUID:
        return inbox_stream(self.account_id)

    def initial(self) -> InboxState:
        return InboxState()

    def decide(self, state: InboxState, context: Context) -> Sequence[AnyEvent]:
        return state.read_all(self.account_id, context.now)
