"""Every fact this service records.

Events are past tense, immutable and kept forever. A tag is the name of the event in the
store and on Kafka: classes may move and be renamed, tags may not. A field that did not
exist in the first version of an event has a default, so that old facts still decode.
"""

from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import UNSET, UnsetType

from domain.event import Event as Event
from domain.notification_events import InboxRead, NotificationEvent
from domain.occurrence_events import OccurrenceEvent
from domain.preferences_events import PreferencesEvent
from domain.record import Record
from domain.reminder_events import ReminderEvent
from domain.series_events import SeriesEvent
from domain.vocabulary import AccountId, Priority, Role


class TaskCreated(Event, tag="task.created"):
    """A task began, belonging to `owner`."""

    owner: AccountId
    title: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    tags: tuple[str, ...] = ()
    due_at: datetime | None = None


class TaskUpdated(Event, tag="task.updated"):
    """Its words or its priority changed; only what changed is there."""

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET


class TaskTagged(Event, tag="task.tagged"):
    """These tags were put on, behind those the task had."""

    tags: tuple[str, ...]


class TaskUntagged(Event, tag="task.untagged"):
    """These tags were taken off."""

    tags: tuple[str, ...]


class TaskRescheduled(Event, tag="task.rescheduled"):
    """It is due at another time, or (null) at no time any more. With `tzdata`: the wall time of
    its series stayed, but is another instant by the zones of that edition."""

    due_at: datetime | None
    tzdata: str | UnsetType = UNSET


class TaskCompleted(Event, tag="task.completed"):
    """It was done."""


class TaskReopened(Event, tag="task.reopened"):
    """It was not done after all."""


class TaskDeleted(Event, tag="task.deleted"):
    """It was put out of sight; nothing of it is lost."""


class TaskRestored(Event, tag="task.restored"):
    """It came back as it was before it was deleted."""


TaskEvent: TypeAlias = (
    TaskCreated
    | TaskUpdated
    | TaskTagged
    | TaskUntagged
    | TaskRescheduled
    | TaskCompleted
    | TaskReopened
    | TaskDeleted
    | TaskRestored
    | OccurrenceEvent
    | ReminderEvent
)


class AccountRegistered(Event, tag="account.registered"):
    """Someone may now log in."""

    email: str
    name: str


class AccountRoleGranted(Event, tag="account.role_granted"):
    """They may do more from the next token on."""

    role: Role


class AccountRoleRevoked(Event, tag="account.role_revoked"):
    """They may do less from the next token on."""

    role: Role


AccountEvent: TypeAlias = AccountRegistered | AccountRoleGranted | AccountRoleRevoked


class EmailClaimed(Event, tag="email.claimed"):
    """An address belongs to an account: first in the stream named after the address, so
    that a second claim loses on the key."""

    account_id: AccountId


class RequestAnswered(Event, tag="request.answered"):
    """A request under an idempotency key was answered by `version` of the stream `subject`:
    first in the stream named after the key, so that a second answer loses on the key."""

    fingerprint: str
    subject: UUID
    version: int


AnyEvent: TypeAlias = (
    TaskEvent
    | SeriesEvent
    | AccountEvent
    | NotificationEvent
    | InboxRead
    | PreferencesEvent
    | EmailClaimed
    | RequestAnswered
)


class Recorded(Record):
    """An event as the log keeps it: what happened, to whom, when and at whose word.

    `position` is the place in the log (0 until it has one); `causation_id` names the fact
    or request that led here; `traceparent` is the W3C trace this belongs to.
    """

    event: AnyEvent
    originator_id: UUID
    originator_version: int
    recorded_at: datetime
    actor: str
    correlation_id: UUID
    causation_id: UUID | None = None
    traceparent: str | None = None
    position: int = 0
