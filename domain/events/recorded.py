"""Every event of the service, and the form in which the log keeps one.

Events are past tense, immutable and kept forever. A tag is the name of the event in the
store and on Kafka: classes may move and be renamed, tags may not. A field that did not
exist in the first version of an event has a default, so that old events still decode.
"""

from typing import TypeAlias
from uuid import UUID

from domain.events.identity.accounts import AccountEvent, EmailClaimEvent, ProviderLinkEvent
from domain.events.identity.second_factors import SecondFactorEvent
from domain.events.identity.sessions import PasswordResetEvent, SessionEvent
from domain.events.lists import ListEvent
from domain.events.notifications import InboxRead, NotificationEvent
from domain.events.operations import OperationsEvent, ViewRunEvent
from domain.events.preferences import PreferencesEvent
from domain.events.requests import RequestAnswered, UndoEvent
from domain.events.searches import SavedSearchEvent
from domain.events.series import SeriesEvent
from domain.events.tasks import TaskEvent
from domain.record import Record
from domain.vocabulary import Moment

AnyEvent: TypeAlias = (
    TaskEvent
    | SeriesEvent
    | ListEvent
    | AccountEvent
    | NotificationEvent
    | InboxRead
    | PreferencesEvent
    | EmailClaimEvent
    | ProviderLinkEvent
    | SessionEvent
    | PasswordResetEvent
    | SecondFactorEvent
    | OperationsEvent
    | ViewRunEvent
    | RequestAnswered
    | UndoEvent
    | SavedSearchEvent
)


class Recorded(Record):
    """An event as the log keeps it: with its stream, its time and its actor.

    `position` is its log position (0 until it has one); `causation_id` is the id of the event,
    or of the change that was undone, that caused it; `traceparent` is the W3C trace it belongs to.
    `change_id` is shared by all that one request recorded and by all that reactions recorded
    because of it; events of our own processes, such as a reminder that rings, have none. With
    `token_id` the actor used this personal access token.
    """

    event: AnyEvent
    originator_id: UUID
    originator_version: int
    recorded_at: Moment
    actor: str
    correlation_id: UUID
    causation_id: UUID | None = None
    traceparent: str | None = None
    change_id: UUID | None = None
    token_id: UUID | None = None
    position: int = 0
