"""What the public is told of each fact, and on which topic: a table and one pure function."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, get_args
from uuid import UUID

import msgspec
from msgspec import UNSET, Raw

from domain.events import (
    AccountRegistered,
    AccountRoleGranted,
    AccountRoleRevoked,
    EmailClaimed,
    Event,
    Recorded,
    RequestAnswered,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReopened,
    TaskRescheduled,
    TaskRestored,
    TaskTagged,
    TaskUntagged,
    TaskUpdated,
)
from domain.notification_events import (
    InboxRead,
    NotificationDeadLettered,
    NotificationDiscarded,
    NotificationFailed,
    NotificationRead,
    NotificationRequested,
    NotificationRetried,
    NotificationSent,
    NotificationSuppressed,
    NotificationUnread,
)
from domain.preferences_events import PreferencesEvent
from domain.record import Record
from domain.reminder_events import (
    ReminderCancelled,
    ReminderMissed,
    ReminderRearmed,
    ReminderSet,
    ReminderSnoozed,
    ReminderTriggered,
)
from domain.vocabulary import AccountId
from projections.cloud_event import CloudEvent


class Topic(StrEnum):
    """A topic by the name it has unless the settings give it another."""

    TASKS = "task-events"
    RECURRENCE = "recurrence-events"
    REMINDERS = "reminder-events"
    NOTIFICATIONS = "notification-events"
    ACCOUNTS = "account-events"
    DEAD_LETTERS = "dead-letter-events"


class Told(Record):
    """What is told of one type of fact: those of its fields that are named, and no others.

    A field that is added to a fact stays within the house until it is named here. `schema`
    is the name of the JSON Schema of the data, and ends in the version of the public form.
    """

    fact: type[Event]
    topic: Topic
    type: str
    schema: str
    fields: tuple[str, ...] = ()


def _tell(
    fact: type[Event], topic: Topic, *fields: str, named: str | None = None, version: int = 1
) -> Told:
    """Return one line of the table; the public type is the fact's tag unless it is `named`.

    A change of the public form that could break a reader takes the next version.
    """
    type_ = named or str(fact.__struct_config__.tag)
    return Told(
        fact=fact, topic=topic, fields=fields, type=type_, schema=schema_name(type_, version)
    )


def schema_name(type_: str, version: int) -> str:
    return f"urn:annals:{type_}:{version}"


PUBLIC: tuple[Told, ...] = (
    _tell(TaskCreated, Topic.TASKS, "title", "description", "priority", "tags", "due_at"),
    _tell(TaskUpdated, Topic.TASKS, "title", "description", "priority"),
    _tell(TaskTagged, Topic.TASKS, "tags"),
    _tell(TaskUntagged, Topic.TASKS, "tags"),
    _tell(TaskRescheduled, Topic.TASKS, "due_at"),
    _tell(TaskCompleted, Topic.TASKS),
    _tell(TaskReopened, Topic.TASKS),
    _tell(TaskDeleted, Topic.TASKS),
    _tell(TaskRestored, Topic.TASKS),
    _tell(
        ReminderSet,
        Topic.REMINDERS,
        *("reminder_id", "due_at", "at", "before", "timezone", "every", "at_most"),
    ),
    _tell(ReminderSnoozed, Topic.REMINDERS, "reminder_id", "until"),
    _tell(ReminderCancelled, Topic.REMINDERS, "reminder_id", "why"),
    _tell(ReminderRearmed, Topic.REMINDERS, "reminder_id", "due_at"),
    _tell(ReminderTriggered, Topic.REMINDERS, "reminder_id", "due_at", "ring", "next_at"),
    _tell(ReminderMissed, Topic.REMINDERS, "reminder_id", "due_at", "next_at"),
    # Neither what was told nor where to: only that it was, and how that went.
    _tell(
        NotificationRequested,
        Topic.NOTIFICATIONS,
        *("channel", "kind", "cause", "task_id", "reminder_id", "not_before"),
    ),
    _tell(NotificationSent, Topic.NOTIFICATIONS, "attempt"),
    _tell(NotificationFailed, Topic.NOTIFICATIONS, "attempt", "permanent", "retry_at"),
    _tell(NotificationDeadLettered, Topic.NOTIFICATIONS),
    _tell(NotificationSuppressed, Topic.NOTIFICATIONS, "why"),
    # Neither name nor address: whoever needs them asks the API, and may be refused.
    _tell(AccountRegistered, Topic.ACCOUNTS),
    _tell(AccountRoleGranted, Topic.ACCOUNTS, "role"),
    _tell(AccountRoleRevoked, Topic.ACCOUNTS, "role"),
)

# Facts that only serve to let the second of two lose, or concern nobody but their owner.
PRIVATE: tuple[type[Event], ...] = (
    *get_args(PreferencesEvent),
    NotificationRetried,
    NotificationDiscarded,
    NotificationRead,
    NotificationUnread,
    InboxRead,
    EmailClaimed,
    RequestAnswered,
)

TOLD: Mapping[type[Event], Told] = {told.fact: told for told in PUBLIC}

# An entry of the log that could not be announced is told of under this type.
DEAD = "event.set_aside"
TOPICS: Mapping[str, Topic] = {told.type: told.topic for told in PUBLIC} | {
    DEAD: Topic.DEAD_LETTERS
}

_json = msgspec.json.Encoder()


class Dead(Record):
    """What is told of an entry of the log that could not be announced: never its content."""

    position: int
    stream: UUID
    version: int
    topic: str
    error: str


def announce(recorded: Recorded, owner: AccountId, *, source: str = "/annals") -> CloudEvent | None:
    """Return the fact as the public sees it, or None when it is private.

    `owner` is whose event it is, as the first fact of its stream says (see `owner_named_by`).
    The same fact becomes the same event, byte for byte, whenever it is announced.
    """
    told = TOLD.get(type(recorded.event))
    if told is None:
        return None
    stream, whose = str(recorded.originator_id), str(owner)
    data: dict[str, Any] = {"id": stream, "owner": whose, "version": recorded.originator_version}
    for name in told.fields:
        if (value := getattr(recorded.event, name)) is not UNSET:
            data[name] = value
    return CloudEvent(
        id=f"{stream}:{recorded.originator_version}",
        type=told.type,
        source=source,
        subject=stream,
        time=recorded.recorded_at,
        dataschema=told.schema,
        data=Raw(_json.encode(data)),
        sequence=str(recorded.position),
        partitionkey=whose,
        traceparent=recorded.traceparent or UNSET,
    )


def announce_dead(dead: Dead, *, source: str = "/annals") -> CloudEvent:
    """Return what is told of an entry that could not be announced."""
    return CloudEvent(
        id=f"{dead.stream}:{dead.version}:{DEAD}",
        type=DEAD,
        source=source,
        subject=str(dead.stream),
        dataschema=schema_name(DEAD, 1),
        data=Raw(_json.encode(dead)),
        sequence=str(dead.position),
        partitionkey=str(dead.stream),
    )


def owner_named_by(first: Recorded) -> AccountId | None:
    """Return whose stream it is that begins with this fact, or None when that is nobody's."""
    if isinstance(first.event, AccountRegistered):
        return AccountId(first.originator_id)
    if isinstance(first.event, NotificationRequested):
        return first.event.account_id
    return getattr(first.event, "owner", None)
