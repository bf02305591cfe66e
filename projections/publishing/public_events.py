"""The table of published events: one line for each type."""

from collections.abc import Mapping
from enum import StrEnum
from typing import get_args

from domain.events.event import Event
from domain.events.identity.access_tokens import AccountTokenCreated, AccountTokenRevoked
from domain.events.identity.accounts import (
    AccountAddressChanged,
    AccountAddressChangeRequested,
    AccountAddressVerified,
    AccountDeleted,
    AccountDisabled,
    AccountEnabled,
    AccountPasswordChanged,
    AccountProviderLinked,
    AccountProviderUnlinked,
    AccountRegistered,
    AccountRenamed,
    AccountRoleGranted,
    AccountRoleRevoked,
    AccountVerificationRequested,
    EmailClaimEvent,
    ProviderLinkEvent,
    ServiceAccountRegistered,
)
from domain.events.identity.calendars import CalendarEvent
from domain.events.identity.second_factors import SecondFactorEvent
from domain.events.identity.sessions import PasswordResetEvent, SessionEnded, SessionStarted
from domain.events.lists import (
    ListArchived,
    ListCreated,
    ListDeleted,
    ListMoved,
    ListRenamed,
    ListRestored,
    ListUnarchived,
)
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
from domain.events.operations import OperationsEvent, ViewRunEvent
from domain.events.preferences import PreferencesEvent
from domain.events.reminders import (
    ReminderCancelled,
    ReminderMissed,
    ReminderRearmed,
    ReminderRestored,
    ReminderSet,
    ReminderSnoozed,
    ReminderTriggered,
    ReminderWithdrawn,
)
from domain.events.requests import RequestAnswered, UndoEvent
from domain.events.searches import SavedSearchEvent
from domain.events.series import (
    SeriesChanged,
    SeriesEnded,
    SeriesOccurrenceMissed,
    SeriesOccurrenceRestored,
    SeriesOccurrenceSkipped,
    SeriesOccurrencesMade,
    SeriesRestored,
    SeriesSplit,
    SeriesStarted,
)
from domain.events.tasks import (
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskMoved,
    TaskReopened,
    TaskRescheduled,
    TaskRestored,
    TaskTagged,
    TaskUntagged,
    TaskUpdated,
)
from domain.record import Record


class KafkaTopic(StrEnum):
    """A topic by the name it has unless the settings give it another."""

    TASKS = "task-events"
    RECURRENCE = "recurrence-events"
    REMINDERS = "reminder-events"
    NOTIFICATIONS = "notification-events"
    ACCOUNTS = "account-events"
    DEAD_LETTERS = "dead-letter-events"


class PublicEvent(Record):
    """How one type of event is published: with the fields that are named, and no others.

    A field that is added to an event stays private until it is named here. `schema` is the name
    of the JSON Schema of the data, and ends in the version of the published form.
    """

    event: type[Event]
    topic: KafkaTopic
    type: str
    schema: str
    fields: tuple[str, ...] = ()


def _public(
    event: type[Event], topic: KafkaTopic, *fields: str, named: str | None = None, version: int = 1
) -> PublicEvent:
    """Return one line of the table; the published type is the event's tag unless it is `named`.

    A change of the published form that could break a consumer takes the next version.
    """
    type_ = named or str(event.__struct_config__.tag)
    return PublicEvent(
        event=event, topic=topic, fields=fields, type=type_, schema=schema_name(type_, version)
    )


def schema_name(type_: str, version: int) -> str:
    return f"urn:annals:{type_}:{version}"


_DETAILS = ("title", "description", "priority", "estimate")
_CREATED = (*_DETAILS, "tags", "list_id", "due_at", "due_on")
_OCCURRENCE = ("series_id", "occurrence", "due_at", "due_on", "tzdata")
_ONE_OF_SERIES = ("occurrence", "task_id")

PUBLIC_EVENT_LIST: tuple[PublicEvent, ...] = (
    _public(TaskCreated, KafkaTopic.TASKS, *_CREATED),
    _public(TaskUpdated, KafkaTopic.TASKS, *_DETAILS),
    _public(TaskTagged, KafkaTopic.TASKS, "tags"),
    _public(TaskUntagged, KafkaTopic.TASKS, "tags"),
    _public(TaskMoved, KafkaTopic.TASKS, "list_id"),
    _public(TaskRescheduled, KafkaTopic.TASKS, "due_at", "due_on", "tzdata"),
    _public(TaskCompleted, KafkaTopic.TASKS, "completed_at"),
    _public(TaskReopened, KafkaTopic.TASKS),
    _public(TaskDeleted, KafkaTopic.TASKS, "deleted_at"),
    _public(TaskRestored, KafkaTopic.TASKS),
    _public(ListCreated, KafkaTopic.TASKS, "name", "position"),
    _public(ListRenamed, KafkaTopic.TASKS, "name"),
    _public(ListMoved, KafkaTopic.TASKS, "position"),
    _public(ListArchived, KafkaTopic.TASKS, "archived_at"),
    _public(ListUnarchived, KafkaTopic.TASKS),
    _public(ListDeleted, KafkaTopic.TASKS, "tasks", "to", "deleted_at"),
    _public(ListRestored, KafkaTopic.TASKS),
    _public(TaskMadeRecurring, KafkaTopic.TASKS, *_OCCURRENCE),
    _public(TaskMadeSingle, KafkaTopic.TASKS),
    _public(TaskSkipped, KafkaTopic.TASKS, "skipped_at"),
    _public(TaskUnskipped, KafkaTopic.TASKS),
    _public(
        TaskOccurrenceGenerated,
        KafkaTopic.RECURRENCE,
        *dict.fromkeys(_CREATED + _OCCURRENCE),
        named="task.occurrence.generated",
    ),
    _public(
        SeriesStarted,
        KafkaTopic.RECURRENCE,
        *("template", "schedule", "first", "next_due", "continues", "made"),
    ),
    _public(
        SeriesChanged,
        KafkaTopic.RECURRENCE,
        *("template", "schedule", "first", "next_due", "withdrawn"),
    ),
    _public(SeriesSplit, KafkaTopic.RECURRENCE, "occurrence", "following", "withdrawn"),
    _public(SeriesOccurrencesMade, KafkaTopic.RECURRENCE, "made", "next_due", "tzdata", "kept"),
    _public(SeriesOccurrenceSkipped, KafkaTopic.RECURRENCE, *_ONE_OF_SERIES),
    _public(SeriesOccurrenceRestored, KafkaTopic.RECURRENCE, *_ONE_OF_SERIES),
    _public(SeriesOccurrenceMissed, KafkaTopic.RECURRENCE, *_ONE_OF_SERIES, "due_at", "due_on"),
    _public(
        SeriesRestored,
        KafkaTopic.RECURRENCE,
        *("template", "schedule", "latest", "next_due", "ended_at", "following"),
        *("made", "withdrawn"),
    ),
    _public(SeriesEnded, KafkaTopic.RECURRENCE, "exhausted", "withdrawn"),
    _public(
        ReminderSet,
        KafkaTopic.REMINDERS,
        *("reminder_id", "due_at", "at", "before", "timezone", "every", "at_most"),
        named="reminder.scheduled",
    ),
    _public(ReminderSnoozed, KafkaTopic.REMINDERS, "reminder_id", "until"),
    _public(ReminderCancelled, KafkaTopic.REMINDERS, "reminder_id", "why"),
    _public(ReminderRearmed, KafkaTopic.REMINDERS, "reminder_id", "due_at", "rings"),
    _public(ReminderTriggered, KafkaTopic.REMINDERS, "reminder_id", "due_at", "ring", "next_at"),
    _public(ReminderMissed, KafkaTopic.REMINDERS, "reminder_id", "due_at", "next_at"),
    _public(
        ReminderRestored,
        KafkaTopic.REMINDERS,
        *("reminder_id", "due_at", "state", "cancel_reason", "rings", "snoozed"),
    ),
    _public(ReminderWithdrawn, KafkaTopic.REMINDERS, "reminder_id"),
    # Neither its text nor its address, which are private to its receiver; nor the answer of a
    # mail server, which often quotes both.
    _public(
        NotificationRequested,
        KafkaTopic.NOTIFICATIONS,
        *("channel", "kind", "cause", "occurred_at", "task_id", "reminder_id"),
        *("due_at", "due_on", "not_before", "digest_id"),
    ),
    _public(NotificationSent, KafkaTopic.NOTIFICATIONS, "attempt"),
    _public(NotificationFailed, KafkaTopic.NOTIFICATIONS, "attempt", "permanent", "retry_at"),
    _public(NotificationDeadLettered, KafkaTopic.NOTIFICATIONS),
    _public(NotificationSuppressed, KafkaTopic.NOTIFICATIONS, "why"),
    _public(NotificationRetried, KafkaTopic.NOTIFICATIONS),
    _public(NotificationDiscarded, KafkaTopic.NOTIFICATIONS),
    # Neither name nor address: consumers that need them ask the API, which checks their rights.
    _public(AccountRegistered, KafkaTopic.ACCOUNTS),
    _public(AccountRoleGranted, KafkaTopic.ACCOUNTS, "role"),
    _public(AccountRoleRevoked, KafkaTopic.ACCOUNTS, "role"),
    _public(AccountRenamed, KafkaTopic.ACCOUNTS),
    _public(AccountAddressVerified, KafkaTopic.ACCOUNTS),
    _public(AccountAddressChanged, KafkaTopic.ACCOUNTS),
    _public(AccountPasswordChanged, KafkaTopic.ACCOUNTS, "method"),
    _public(AccountDisabled, KafkaTopic.ACCOUNTS),
    _public(AccountEnabled, KafkaTopic.ACCOUNTS),
    _public(AccountDeleted, KafkaTopic.ACCOUNTS),
    # Neither the device nor the address, which are private to the person.
    _public(SessionStarted, KafkaTopic.ACCOUNTS, "method", "new_device"),
    _public(SessionEnded, KafkaTopic.ACCOUNTS, "reason"),
    _public(ServiceAccountRegistered, KafkaTopic.ACCOUNTS),
    _public(AccountTokenCreated, KafkaTopic.ACCOUNTS, "token_id", "scopes", "expires_at"),
    _public(AccountTokenRevoked, KafkaTopic.ACCOUNTS, "token_id"),
)

PRIVATE_EVENTS: tuple[type[Event], ...] = (
    # These only make the second of two requests fail.
    *get_args(EmailClaimEvent),
    *get_args(ProviderLinkEvent),
    RequestAnswered,
    *get_args(UndoEvent),  # what an undo put back, other events say
    # These only lead to a mail.
    AccountVerificationRequested,
    AccountAddressChangeRequested,
    *get_args(PasswordResetEvent),
    # With which companies a person has an account is nobody else's business.
    AccountProviderLinked,
    AccountProviderUnlinked,
    # Who reads tasks as a calendar is nobody else's business.
    *get_args(CalendarEvent),
    # What protects an account helps whoever attacks it.
    *get_args(SecondFactorEvent),
    # What operators do is for auditors.
    *get_args(OperationsEvent),
    *get_args(ViewRunEvent),
    # Preferences, addresses, read marks and what is looked for are private to the account.
    *get_args(SavedSearchEvent),
    NotificationRead,
    NotificationUnread,
    InboxRead,
    *get_args(PreferencesEvent),
)

PUBLIC_EVENTS: Mapping[type[Event], PublicEvent] = {
    public.event: public for public in PUBLIC_EVENT_LIST
}

# The type of the event that says that another could not be published.
UNPUBLISHABLE = "event.set_aside"
TOPICS: Mapping[str, KafkaTopic] = {public.type: public.topic for public in PUBLIC_EVENT_LIST} | {
    UNPUBLISHABLE: KafkaTopic.DEAD_LETTERS
}
