"""The table of what the public is told: one line for each type of fact."""

from collections.abc import Mapping
from enum import StrEnum
from typing import get_args

from domain.events.accounts import (
    AccountRegistered,
    AccountRoleGranted,
    AccountRoleRevoked,
    EmailClaimed,
)
from domain.events.event import Event
from domain.events.notifications import (
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
from domain.events.occurrences import (
    TaskMadeRecurring,
    TaskMadeSingle,
    TaskOccurrenceGenerated,
    TaskSkipped,
    TaskUnskipped,
)
from domain.events.preferences import PreferencesEvent
from domain.events.reminders import (
    ReminderCancelled,
    ReminderMissed,
    ReminderRearmed,
    ReminderSet,
    ReminderSnoozed,
    ReminderTriggered,
)
from domain.events.requests import RequestAnswered
from domain.events.series import (
    SeriesChanged,
    SeriesEnded,
    SeriesOccurrenceMissed,
    SeriesOccurrenceRestored,
    SeriesOccurrenceSkipped,
    SeriesOccurrencesMade,
    SeriesSplit,
    SeriesStarted,
)
from domain.events.tasks import (
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
from domain.record import Record


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


_CREATED = ("title", "description", "priority", "tags", "due_at")
_OCCURRENCE = ("series_id", "occurrence", "due_at", "tzdata")
_ONE_OF_SERIES = ("occurrence", "task_id")

PUBLIC: tuple[Told, ...] = (
    _tell(TaskCreated, Topic.TASKS, *_CREATED),
    _tell(TaskUpdated, Topic.TASKS, "title", "description", "priority"),
    _tell(TaskTagged, Topic.TASKS, "tags"),
    _tell(TaskUntagged, Topic.TASKS, "tags"),
    _tell(TaskRescheduled, Topic.TASKS, "due_at", "tzdata"),
    _tell(TaskCompleted, Topic.TASKS),
    _tell(TaskReopened, Topic.TASKS),
    _tell(TaskDeleted, Topic.TASKS),
    _tell(TaskRestored, Topic.TASKS),
    _tell(TaskMadeRecurring, Topic.TASKS, *_OCCURRENCE),
    _tell(TaskMadeSingle, Topic.TASKS),
    _tell(TaskSkipped, Topic.TASKS),
    _tell(TaskUnskipped, Topic.TASKS),
    _tell(
        TaskOccurrenceGenerated,
        Topic.RECURRENCE,
        *dict.fromkeys(_CREATED + _OCCURRENCE),
        named="task.occurrence.generated",
    ),
    _tell(
        SeriesStarted,
        Topic.RECURRENCE,
        *("template", "schedule", "first", "next_due", "continues", "made"),
    ),
    _tell(
        SeriesChanged,
        Topic.RECURRENCE,
        *("template", "schedule", "first", "next_due", "withdrawn"),
    ),
    _tell(SeriesSplit, Topic.RECURRENCE, "occurrence", "following", "withdrawn"),
    _tell(SeriesOccurrencesMade, Topic.RECURRENCE, "made", "next_due", "tzdata", "kept"),
    _tell(SeriesOccurrenceSkipped, Topic.RECURRENCE, *_ONE_OF_SERIES),
    _tell(SeriesOccurrenceRestored, Topic.RECURRENCE, *_ONE_OF_SERIES),
    _tell(SeriesOccurrenceMissed, Topic.RECURRENCE, *_ONE_OF_SERIES, "due_at"),
    _tell(SeriesEnded, Topic.RECURRENCE, "exhausted", "withdrawn"),
    _tell(
        ReminderSet,
        Topic.REMINDERS,
        *("reminder_id", "due_at", "at", "before", "timezone", "every", "at_most"),
        named="reminder.scheduled",
    ),
    _tell(ReminderSnoozed, Topic.REMINDERS, "reminder_id", "until"),
    _tell(ReminderCancelled, Topic.REMINDERS, "reminder_id", "why"),
    _tell(ReminderRearmed, Topic.REMINDERS, "reminder_id", "due_at", "rings"),
    _tell(ReminderTriggered, Topic.REMINDERS, "reminder_id", "due_at", "ring", "next_at"),
    _tell(ReminderMissed, Topic.REMINDERS, "reminder_id", "due_at", "next_at"),
    # Not what it says nor to which address: that is between us and whom it is for. Nor what
    # a mail server said about it, which often quotes both.
    _tell(
        NotificationRequested,
        Topic.NOTIFICATIONS,
        *("channel", "kind", "cause", "occurred_at", "task_id", "reminder_id"),
        *("due_at", "not_before", "digest_id"),
    ),
    _tell(NotificationSent, Topic.NOTIFICATIONS, "attempt"),
    _tell(NotificationFailed, Topic.NOTIFICATIONS, "attempt", "permanent", "retry_at"),
    _tell(NotificationDeadLettered, Topic.NOTIFICATIONS),
    _tell(NotificationSuppressed, Topic.NOTIFICATIONS, "why"),
    _tell(NotificationRetried, Topic.NOTIFICATIONS),
    _tell(NotificationDiscarded, Topic.NOTIFICATIONS),
    # Neither name nor address: whoever needs them asks the API, and may be refused.
    _tell(AccountRegistered, Topic.ACCOUNTS),
    _tell(AccountRoleGranted, Topic.ACCOUNTS, "role"),
    _tell(AccountRoleRevoked, Topic.ACCOUNTS, "role"),
)

PRIVATE: tuple[type[Event], ...] = (
    # These only serve to let the second of two lose.
    EmailClaimed,
    RequestAnswered,
    # How somebody wishes to be told, where, and how far they have read, is their own affair.
    NotificationRead,
    NotificationUnread,
    InboxRead,
    *get_args(PreferencesEvent),
)

TOLD: Mapping[type[Event], Told] = {told.fact: told for told in PUBLIC}

# An entry of the log that could not be announced is told of under this type.
DEAD = "event.set_aside"
TOPICS: Mapping[str, Topic] = {told.type: told.topic for told in PUBLIC} | {
    DEAD: Topic.DEAD_LETTERS
}
