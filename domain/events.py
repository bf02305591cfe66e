"""Every fact this service records.

Events are past tense, immutable and kept forever. A tag is the name of the event in the
store and on Kafka: classes may move and be renamed, tags may not. A field that did not
exist in the first version of an event has a default, so that old facts still decode.
"""

from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import UNSET, UnsetType

from domain.record import Record
from domain.vocabulary import AccountId, Priority, Role


class Event(Record):
    """A fact."""


class TaskCreated(Event, tag="task.created"):
    owner: AccountId
    title: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    tags: tuple[str, ...] = ()
    due_at: datetime | None = None


class TaskUpdated(Event, tag="task.updated"):
    """Only what changed is set."""

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET


class TaskTagged(Event, tag="task.tagged"):
    """These tags were put behind those the task had."""

    tags: tuple[str, ...]


class TaskUntagged(Event, tag="task.untagged"):
    tags: tuple[str, ...]


class TaskRescheduled(Event, tag="task.rescheduled"):
    """None: no longer due at any time."""

    due_at: datetime | None


class TaskCompleted(Event, tag="task.completed"):
    pass


class TaskReopened(Event, tag="task.reopened"):
    pass


class TaskDeleted(Event, tag="task.deleted"):
    pass


class TaskRestored(Event, tag="task.restored"):
    pass


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
)


class AccountRegistered(Event, tag="account.registered"):
    email: str
    name: str


class AccountRoleGranted(Event, tag="account.role_granted"):
    role: Role


class AccountRoleRevoked(Event, tag="account.role_revoked"):
    role: Role


AccountEvent: TypeAlias = AccountRegistered | AccountRoleGranted | AccountRoleRevoked


class EmailClaimed(Event, tag="email.claimed"):
    """First in the stream named after an address: the second claim loses on the key."""

    account_id: AccountId


class RequestAnswered(Event, tag="request.answered"):
    """First in the stream named after an idempotency key: what was asked, and which
    version of which stream answered it."""

    fingerprint: str
    subject: UUID
    version: int


AnyEvent: TypeAlias = TaskEvent | AccountEvent | EmailClaimed | RequestAnswered


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
