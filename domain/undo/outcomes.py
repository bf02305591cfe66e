"""What the undo of a change does with each event: undoes it, leaves it, or refuses the undo."""

from collections.abc import Mapping
from typing import TypeAlias, get_args

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
from domain.events.identity.calendars import AccountCalendarClosed, AccountCalendarOpened
from domain.events.identity.second_factors import (
    RecoveryCodesMade,
    RecoveryCodeUsed,
    SecondFactorAdded,
    SecondFactorRemoved,
)
from domain.events.identity.sessions import PasswordResetEvent, SessionEnded, SessionStarted
from domain.events.lists import ListEvent
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
from domain.events.operations import OperationsEvent, ViewRunEvent
from domain.events.preferences import (
    AddressGiven,
    AddressVerified,
    EndpointAdded,
    EndpointFailed,
    EndpointRecovered,
    EndpointRemoved,
    EndpointSecretRotated,
    EndpointSwitchedOff,
    EndpointSwitchedOn,
    PreferencesChanged,
    PreferencesEvent,
)
from domain.events.recorded import Recorded
from domain.events.reminders import ReminderMissed, ReminderTriggered
from domain.events.requests import ChangeUndoContinued, ChangeUndone, RequestAnswered
from domain.events.searches import SavedSearchEvent
from domain.events.series import SeriesEvent
from domain.events.tasks import TaskEvent
from domain.record import Record


class Undone(Record):
    """The undo puts back what the event changed; `how` says it in words."""

    how: str


class Stays(Record):
    """The undo leaves what the event says, and is not hindered by it."""

    why: str


class RefusesUndo(Record):
    """A change with the event is not undone; `why` says why, and what to do instead."""

    why: str


Outcome: TypeAlias = Undone | Stays | RefusesUndo

_TASK = Undone(how="The values of the task before the change are put back.")
_SERIES = Undone(how="The rule, the template and the occurrences before the change are put back.")
_LIST = Undone(how="The list before the change is put back, with the tasks that left it.")
_SEARCH = Undone(how="The saved search before the change is put back.")
_MARK = Undone(how="The mark before the change is put back.")
_DELIVERED = Stays(why="What was sent stays sent.")
_HEALTH = Stays(why="Whether an address can be reached does not depend on the change.")
_LETTER = RefusesUndo(
    why="Dead letters are retried or discarded by operators. Retry or discard the dead letter."
)
_CREDENTIAL = RefusesUndo(
    why="Changes of passwords, sessions and links to log in protect the account."
    " Change the password, log in or end the session instead."
)
_TOKEN = RefusesUndo(
    why="An access token is a credential. Revoke the token, or create another one."
)
_FACTOR = RefusesUndo(
    why="Second factors protect the account. Add or remove the factor, or make new recovery codes."
)
_OPERATOR = RefusesUndo(
    why="What operators did stays in the log as it was. Ask an operator for the opposite."
)
_ADDRESS = RefusesUndo(
    why="The address of the account is proved by mail. Change the address with PUT /auth/me/email."
)
_PROVIDER = RefusesUndo(
    why="Login providers protect the account. Link or unlink the provider in the settings."
)
_CALENDAR = RefusesUndo(
    why="The address of the calendar feed is a secret. Open the feed for a new address, or close"
    " it, under /calendar."
)

OUTCOMES: Mapping[type[Event], Outcome] = {
    **dict.fromkeys(get_args(TaskEvent), _TASK),
    **dict.fromkeys(
        (ReminderTriggered, ReminderMissed), Stays(why="A reminder that was sent stays sent.")
    ),
    **dict.fromkeys(get_args(SeriesEvent), _SERIES),
    **dict.fromkeys(get_args(ListEvent), _LIST),
    **dict.fromkeys(get_args(SavedSearchEvent), _SEARCH),
    PreferencesChanged: Undone(how="The preferences before the change are put back."),
    AddressGiven: Undone(how="The address before the change is put back, verified if it was."),
    AddressVerified: Undone(how="The address is not verified again; a new mail is sent to it."),
    EndpointAdded: Undone(how="The webhook or push subscription is removed."),
    EndpointRemoved: Undone(
        how="The webhook or push subscription is put back within a day, with its secrets."
    ),
    EndpointSwitchedOn: Undone(how="The webhook is switched off again."),
    EndpointSwitchedOff: Undone(how="The webhook is switched on again."),
    **dict.fromkeys((EndpointFailed, EndpointRecovered), _HEALTH),
    EndpointSecretRotated: RefusesUndo(
        why="The secret of a webhook protects its receiver. Rotate the secret once more."
    ),
    **dict.fromkeys((NotificationRead, NotificationUnread, InboxRead), _MARK),
    **dict.fromkeys(
        (
            NotificationRequested,
            NotificationSent,
            NotificationFailed,
            NotificationDeadLettered,
            NotificationSuppressed,
        ),
        _DELIVERED,
    ),
    **dict.fromkeys((NotificationRetried, NotificationDiscarded), _LETTER),
    RequestAnswered: Stays(why="A repeated request still gets the answer that it got."),
    **dict.fromkeys(
        (ChangeUndone, ChangeUndoContinued), Stays(why="That a change was undone stays in the log.")
    ),
    AccountRenamed: Undone(how="The name before the change is put back."),
    **dict.fromkeys(
        (AccountRegistered, ServiceAccountRegistered, AccountDeleted),
        RefusesUndo(
            why="Accounts are not created or deleted by undo. Delete the account, or register one."
        ),
    ),
    **dict.fromkeys(
        (AccountRoleGranted, AccountRoleRevoked, AccountDisabled, AccountEnabled), _OPERATOR
    ),
    **dict.fromkeys((*get_args(OperationsEvent), *get_args(ViewRunEvent)), _OPERATOR),
    **dict.fromkeys(
        (
            AccountVerificationRequested,
            AccountAddressVerified,
            AccountAddressChangeRequested,
            AccountAddressChanged,
            *get_args(EmailClaimEvent),
        ),
        _ADDRESS,
    ),
    **dict.fromkeys(
        (AccountPasswordChanged, SessionStarted, SessionEnded, *get_args(PasswordResetEvent)),
        _CREDENTIAL,
    ),
    **dict.fromkeys((AccountTokenCreated, AccountTokenRevoked), _TOKEN),
    **dict.fromkeys(
        (AccountProviderLinked, AccountProviderUnlinked, *get_args(ProviderLinkEvent)), _PROVIDER
    ),
    **dict.fromkeys((AccountCalendarOpened, AccountCalendarClosed), _CALENDAR),
    **dict.fromkeys(
        (SecondFactorAdded, SecondFactorRemoved, RecoveryCodesMade, RecoveryCodeUsed), _FACTOR
    ),
}
_PREFERENCES = get_args(PreferencesEvent)


def stays(recorded: Recorded) -> bool:
    """Whether the undo of the event's change leaves what the event says.

    What our processes find out about an endpoint, such as that it no longer exists, holds whatever
    the change was that led to a notification there.
    """
    found = isinstance(OUTCOMES[type(recorded.event)], Stays)
    by_us = recorded.actor.startswith("system:")
    return found or (by_us and isinstance(recorded.event, _PREFERENCES))


def refusal(event: Event) -> str | None:
    """Return why a change with the event is not undone; None: the event does not hinder it."""
    outcome = OUTCOMES[type(event)]
    return outcome.why if isinstance(outcome, RefusesUndo) else None
