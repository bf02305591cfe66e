"""Writes one stored sample of each event that has none yet: `python -m tests.golden.samples`.

A sample is written once and never again. When an event gets a new field, add a second
sample by hand beside the first, as `task.created.2.json`.
"""

from datetime import date
from pathlib import Path
from uuid import UUID

import msgspec

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
    EmailClaimed,
    EmailReleased,
    OidcLinked,
    OidcUnlinked,
    ServiceAccountRegistered,
)
from domain.events.identity.calendars import AccountCalendarClosed, AccountCalendarOpened
from domain.events.identity.second_factors import (
    RecoveryCodesMade,
    RecoveryCodeUsed,
    SecondFactorAdded,
    SecondFactorRemoved,
)
from domain.events.identity.sessions import (
    PasswordResetRequested,
    PasswordResetUsed,
    SessionEnded,
    SessionStarted,
)
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
from domain.events.operations import (
    ParkedEventDiscarded,
    ParkedEventRetried,
    PayloadRead,
    RowDifference,
    ViewRunCancelled,
    ViewRunEnded,
    ViewRunRequested,
    ViewRunStarted,
)
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
)
from domain.events.recorded import AnyEvent
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
from domain.events.requests import ChangeUndoContinued, ChangeUndone, RequestAnswered
from domain.events.searches import (
    SearchChanged,
    SearchDeleted,
    SearchRenamed,
    SearchRestored,
    SearchSaved,
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
from domain.vocabulary import (
    CancelReason,
    ChannelName,
    EndpointId,
    FactorId,
    FactorKind,
    ListId,
    ListTasks,
    NotificationId,
    PasswordChange,
    Priority,
    ReminderId,
    ReminderState,
    Role,
    RunKind,
    RunOutcome,
    Scope,
    SessionEnd,
    SignInMethod,
    TokenId,
    Topic,
    When,
)
from infrastructure.store.mapper import RecordMapper
from tests.golden.series_samples import SERIES_SAMPLES
from tests.support.facts import ADA, LIST, NINE, TASK, TEN, recorded

RING = ReminderId(UUID(int=0x41))
PAT = TokenId(UUID(int=0x50))
TOLD = NotificationId(UUID(int=0x4F))
HOOK = EndpointId(UUID(int=0xE0))

FOLDER = Path(__file__).parent

SAMPLES: tuple[AnyEvent, ...] = (
    TaskCreated(
        owner=ADA,
        title="Water the plants",
        description="All of them.",
        priority=Priority.HIGH,
        tags=("home", "green"),
        list_id=LIST,
        due_on=date(2030, 1, 1),
        estimate="PT1H30M",
    ),
    TaskUpdated(title="Water them", description="", priority=Priority.LOW, estimate="PT2H"),
    TaskTagged(tags=("home",)),
    TaskUntagged(tags=("home", "green")),
    TaskRescheduled(due_at=None, due_on=date(2030, 1, 1)),
    TaskMoved(list_id=LIST),
    TaskCompleted(),
    TaskReopened(),
    TaskDeleted(),
    TaskRestored(),
    ReminderSet(
        reminder_id=RING,
        owner=ADA,
        before="P1D",
        timezone="Europe/Berlin",
        every="PT1H",
        at_most=3,
        due_at=NINE,
    ),
    ReminderSnoozed(reminder_id=RING, until=TEN),
    ReminderCancelled(reminder_id=RING, why=CancelReason.COMPLETED),
    ReminderRearmed(reminder_id=RING, due_at=TEN, rings=1),
    ReminderRestored(
        reminder_id=RING,
        due_at=TEN,
        state=ReminderState.CANCELLED,
        cancel_reason=CancelReason.COMPLETED,
        rings=2,
        snoozed=True,
    ),
    ReminderWithdrawn(reminder_id=RING),
    ReminderTriggered(reminder_id=RING, due_at=NINE, ring=1, next_at=TEN),
    ReminderMissed(reminder_id=RING, due_at=NINE, next_at=TEN),
    NotificationRequested(
        account_id=ADA,
        channel=ChannelName.WEBHOOK,
        endpoint_id=HOOK,
        kind=Topic.REMINDER,
        cause=UUID(int=0xCA),
        occurred_at=NINE,
        task_id=TASK,
        reminder_id=RING,
        title="Water the plants",
        due_at=TEN,
        not_before=TEN,
    ),
    NotificationSent(attempt=2, endpoint_id=HOOK),
    NotificationFailed(
        attempt=1, reason="Nobody answered.", permanent=False, retry_at=TEN, endpoint_id=HOOK
    ),
    NotificationDeadLettered(reason="Nobody answered.", endpoint_id=HOOK),
    NotificationSuppressed(why="channel_off"),
    NotificationRetried(channel=ChannelName.WEBHOOK),
    NotificationDiscarded(),
    NotificationRead(),
    NotificationUnread(),
    InboxRead(account_id=ADA, until=NINE),
    PreferencesChanged(
        in_app=True,
        email=False,
        web_push=True,
        webhook=False,
        topics=(Topic.REMINDER, Topic.TASK_COMPLETED),
        quiet_from="22:00",
        quiet_until="07:00",
        digest=True,
        timezone="Europe/Berlin",
        language="de",
        default_reminders=("P1D", "PT0S"),
        day_starts_at="08:30",
        email_when=When.OFFLINE,
        web_push_when=When.ALWAYS,
    ),
    AddressGiven(account_id=ADA, address="ada@annals.example"),
    AddressVerified(address="ada@annals.example"),
    EndpointAdded(
        account_id=ADA, endpoint_id=HOOK, channel=ChannelName.WEBHOOK, host="annals.example"
    ),
    EndpointFailed(endpoint_id=HOOK, notification_id=TOLD),
    EndpointRecovered(endpoint_id=HOOK),
    EndpointSwitchedOff(endpoint_id=HOOK, why="It answered 410 Gone."),
    EndpointSwitchedOn(endpoint_id=HOOK),
    EndpointSecretRotated(endpoint_id=HOOK),
    EndpointRemoved(endpoint_id=HOOK, why="asked"),
    *SERIES_SAMPLES,
    ListCreated(owner=ADA, name="Garden", position=1893456000.5),
    ListRenamed(name="Terrace"),
    ListMoved(position=-2.5),
    ListArchived(),
    ListUnarchived(),
    ListRestored(),
    ListDeleted(tasks=ListTasks.MOVE, to=ListId(UUID(int=0x12))),
    SearchSaved(owner=ADA, name="Garden", filter={"tags": "garden", "sort": "due_at"}),
    SearchRenamed(name="Terrace"),
    SearchChanged(filter={"q": "water"}),
    SearchDeleted(),
    SearchRestored(),
    AccountRegistered(email="ada@annals.example", name="Ada"),
    AccountRoleGranted(role=Role.AUDITOR),
    AccountRoleRevoked(role=Role.AUDITOR),
    AccountRenamed(name="Ada Lovelace"),
    AccountVerificationRequested(email="ada@annals.example"),
    AccountAddressVerified(email="ada@annals.example"),
    AccountAddressChangeRequested(email="lovelace@annals.example"),
    AccountAddressChanged(email="lovelace@annals.example", previous="ada@annals.example"),
    AccountPasswordChanged(method=PasswordChange.ASKED),
    AccountDisabled(reason="asked by the owner"),
    AccountEnabled(),
    AccountDeleted(),
    SessionStarted(
        account_id=ADA,
        method=SignInMethod.PASSWORD,
        device="Firefox on Linux",
        address="5f0c2b1e7a3e4c4b",
        new_device=True,
    ),
    AccountProviderLinked(link_id=UUID(int=0x1D), issuer="https://id.example.org"),
    AccountProviderUnlinked(link_id=UUID(int=0x1D), issuer="https://id.example.org"),
    OidcLinked(account_id=ADA, issuer="https://id.example.org"),
    OidcUnlinked(account_id=ADA),
    SecondFactorAdded(
        account_id=ADA, factor_id=FactorId(UUID(int=0xFA)), kind=FactorKind.TOTP, name="Phone"
    ),
    SecondFactorRemoved(account_id=ADA, factor_id=FactorId(UUID(int=0xFA))),
    RecoveryCodesMade(account_id=ADA, count=10),
    RecoveryCodeUsed(account_id=ADA),
    SessionEnded(account_id=ADA, reason=SessionEnd.LOGOUT),
    PasswordResetRequested(account_id=ADA),
    PasswordResetUsed(account_id=ADA),
    ServiceAccountRegistered(name="Backup"),
    AccountTokenCreated(
        token_id=PAT, name="Backup", scopes=(Scope.TASKS_READ, Scope.AUDIT_READ), expires_at=TEN
    ),
    AccountTokenRevoked(token_id=PAT),
    AccountCalendarOpened(calendar_id=UUID(int=0xCA)),
    AccountCalendarClosed(),
    EmailClaimed(account_id=ADA),
    EmailReleased(account_id=ADA),
    PayloadRead(reader=ADA, stream=TASK, reason="A reminder came twice"),
    ParkedEventRetried(view="task_list", position=42),
    ParkedEventDiscarded(view="task_list", position=42),
    ChangeUndone(account_id=ADA, change_id=UUID(int=0xC0), seen=42, after=17),
    ChangeUndoContinued(after=25),
    ViewRunRequested(requested_by=ADA, view="task_list", kind=RunKind.VERIFY),
    ViewRunStarted(),
    ViewRunCancelled(),
    ViewRunEnded(
        outcome=RunOutcome.SUCCEEDED,
        position=42,
        rows=7,
        different=1,
        differences=(RowDifference(key=str(TASK), columns=("title",)),),
    ),
    RequestAnswered(fingerprint="9f86d081884c7d65", subject=TASK, version=3),
)


def main() -> None:
    for sample in SAMPLES:
        stored = RecordMapper().to_stored_event(recorded(sample))
        path = FOLDER / f"{stored.topic}.1.json"
        if not path.exists():
            path.write_bytes(msgspec.json.format(stored.state) + b"\n")


if __name__ == "__main__":
    main()
