"""What a notification decides after each attempt, and how people are told."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from application.commands.notifications import (
    DiscardNotification,
    MarkNotification,
    RecordFailure,
    RecordSent,
    RetryNotification,
    SuppressNotification,
)
from application.commands.preferences import (
    AddEndpoint,
    ChangePreferences,
    NoteGivenUp,
    NoteGone,
    NoteTaken,
    VerifyAddress,
)
from domain.aggregate import fold
from domain.errors import (
    AccountNotFound,
    NotADeadLetter,
    NotificationNotFound,
    RuleRefused,
    TooManyEndpoints,
)
from domain.events.notifications import (
    NotificationDeadLettered,
    NotificationDiscarded,
    NotificationFailed,
    NotificationRead,
    NotificationRequested,
    NotificationRetried,
    NotificationSent,
    NotificationSuppressed,
)
from domain.events.preferences import (
    AddressGiven,
    AddressVerified,
    EndpointAdded,
    EndpointFailed,
    EndpointRecovered,
    EndpointRemoved,
    EndpointSwitchedOff,
    PreferencesChanged,
)
from domain.events.recorded import AnyEvent
from domain.notification import DeliveryFailure, RetryPolicy
from domain.preferences import MAX_CONSECUTIVE_FAILURES, Preferences
from domain.values.delivery_reason import DeliveryReason
from domain.vocabulary import ChannelName, EndpointId, NotificationId
from tests.support.facts import ADA, BOB, EIGHT, NINE, history
from tests.support.scenario import given

TOLD = NotificationId(UUID(int=0x4F))
HOOK = EndpointId(UUID(int=0xE0))
SYSTEM = "system:courier"
PATIENT = RetryPolicy(
    attempts=3, first_wait=timedelta(seconds=10), longest_wait=timedelta(seconds=15)
)


def requested(channel: ChannelName = ChannelName.EMAIL) -> NotificationRequested:
    return NotificationRequested(
        account_id=ADA,
        channel=channel,
        kind="reminder",
        cause=UUID(int=0xCA),
        occurred_at=EIGHT,
        title="Water the plants",
    )


def failure(chance: float = 0.0, **kind: object) -> RecordFailure:
    what = DeliveryFailure(**{"reason": "Nobody answered.", "permanent": False} | kind)  # type: ignore[arg-type]
    return RecordFailure(notification_id=TOLD, failure=what, retry_policy=PATIENT, chance=chance)


def failed(attempt: int, retry_after: float | None) -> NotificationFailed:
    retry_at = None if retry_after is None else NINE + timedelta(seconds=retry_after)
    return NotificationFailed(
        attempt=attempt, reason="Nobody answered.", permanent=False, retry_at=retry_at
    )


GIVEN_UP = NotificationDeadLettered(reason="Nobody answered.")


def test_what_was_taken_is_sent_once() -> None:
    sent = RecordSent(notification_id=TOLD)
    given(requested()).when(sent, by=SYSTEM).then(NotificationSent(attempt=1))
    given(requested(), NotificationSent(attempt=1)).when(sent, by=SYSTEM).then_nothing()


def test_every_wait_is_twice_the_one_before_up_to_the_longest() -> None:
    given(requested()).when(failure(), now=NINE, by=SYSTEM).then(failed(1, 10))
    given(requested(), failed(1, 10)).when(failure(), now=NINE, by=SYSTEM).then(failed(2, 15))


def test_chance_shortens_a_wait_by_at_most_a_half() -> None:
    given(requested()).when(failure(chance=1.0), now=NINE, by=SYSTEM).then(failed(1, 5))


def test_a_receiver_that_asks_for_time_gets_it() -> None:
    patient = failure(retry_after=timedelta(seconds=120))
    given(requested()).when(patient, now=NINE, by=SYSTEM).then(failed(1, 120))


def test_after_the_last_attempt_it_is_a_dead_letter() -> None:
    past = (requested(), failed(1, 10), failed(2, 15))
    given(*past).when(failure(), now=NINE, by=SYSTEM).then(failed(3, None), GIVEN_UP)


def test_what_would_always_fail_is_not_tried_again() -> None:
    given(requested()).when(failure(permanent=True), now=NINE, by=SYSTEM).then(
        NotificationFailed(attempt=1, reason="Nobody answered.", permanent=True), GIVEN_UP
    )


def test_a_dead_letter_is_retried_from_the_start_or_put_away() -> None:
    dead = (requested(), failed(1, None), GIVEN_UP)
    retry, discard = (
        RetryNotification(notification_id=TOLD),
        DiscardNotification(notification_id=TOLD),
    )
    again = NotificationRetried(channel=ChannelName.EMAIL)
    given(*dead).when(retry).then(again)
    given(*dead, again).when(failure(), now=NINE, by=SYSTEM).then(failed(1, 10))
    given(*dead).when(discard).then(NotificationDiscarded())
    given(*dead, NotificationDiscarded()).when(discard).then_nothing()
    given(requested(), NotificationSent(attempt=1)).when(retry).then_refused(NotADeadLetter)
    given(requested()).when(discard).then_refused(NotADeadLetter)


def test_what_is_settled_stays_settled() -> None:
    suppress = SuppressNotification(notification_id=TOLD, why=DeliveryReason.CHANNEL_OFF)
    why = NotificationSuppressed(why=DeliveryReason.CHANNEL_OFF)
    given(requested()).when(suppress, by=SYSTEM).then(why)
    given(requested(), why).when(RecordSent(notification_id=TOLD), by=SYSTEM).then_nothing()
    given(requested(), why).when(failure(), by=SYSTEM).then_nothing()


def test_only_what_stands_in_your_own_inbox_can_be_read() -> None:
    read = MarkNotification(notification_id=TOLD, read=True)
    here = requested(ChannelName.IN_APP)
    given(here).when(read).then(NotificationRead())
    given(here, NotificationRead()).when(read).then_nothing()
    given(here).when(read, by=str(BOB)).then_refused(NotificationNotFound)
    given(requested()).when(read).then_refused(NotificationNotFound)


# Preferences

ADDED = EndpointAdded(
    account_id=ADA, endpoint_id=HOOK, channel=ChannelName.WEBHOOK, host="annals.example"
)


def wishes(**wanted: object) -> ChangePreferences:
    return ChangePreferences(account_id=ADA, wanted=PreferencesChanged(**wanted))  # type: ignore[arg-type]


def test_only_what_changes_is_recorded() -> None:
    given().when(wishes(email=False, in_app=True)).then(PreferencesChanged(email=False))
    given(PreferencesChanged(email=False)).when(wishes(email=False)).then_nothing()


def test_a_zone_that_does_not_exist_is_refused() -> None:
    given().when(wishes(timezone="Mars/Olympus")).then_refused(RuleRefused)


def test_nobody_changes_the_preferences_of_another() -> None:
    given().when(wishes(email=False), by=str(BOB)).then_refused(AccountNotFound)


def test_another_address_is_to_be_verified_anew() -> None:
    first = AddressGiven(account_id=ADA, address="ada@annals.example")
    verify = VerifyAddress(account_id=ADA, address="ada@annals.example")
    verified = AddressVerified(address="ada@annals.example")
    given(first).when(verify).then(verified)
    given(first, verified).when(verify).then_nothing()
    other = AddressGiven(account_id=ADA, address="ada@other.example")
    given(first, verified, other).when(verify).then_nothing()


def given_up(number: int) -> NoteGivenUp:
    return NoteGivenUp(
        account_id=ADA,
        endpoint_id=HOOK,
        notification_id=NotificationId(UUID(int=number)),
        why="It answered 500.",
    )


def count(number: int) -> EndpointFailed:
    return EndpointFailed(endpoint_id=HOOK, notification_id=NotificationId(UUID(int=number)))


def test_a_webhook_that_fails_again_and_again_is_switched_off() -> None:
    before: list[AnyEvent] = [ADDED, *map(count, range(1, MAX_CONSECUTIVE_FAILURES))]
    off = EndpointSwitchedOff(endpoint_id=HOOK, why="It answered 500.")
    given(ADDED).when(given_up(1), by=SYSTEM).then(count(1))
    given(*before).when(given_up(99), by=SYSTEM).then(count(99), off)
    given(*before).when(given_up(1), by=SYSTEM).then_nothing()
    given(*before, off).when(given_up(99), by=SYSTEM).then_nothing()


def test_what_it_takes_wipes_out_what_it_refused() -> None:
    taken = NoteTaken(account_id=ADA, endpoint_id=HOOK)
    given(ADDED, count(1)).when(taken, by=SYSTEM).then(EndpointRecovered(endpoint_id=HOOK))
    given(ADDED).when(taken, by=SYSTEM).then_nothing()


def test_a_browser_that_is_gone_is_forgotten_and_a_program_switched_off() -> None:
    gone = NoteGone(account_id=ADA, endpoint_id=HOOK, why="410")
    browser = EndpointAdded(
        account_id=ADA, endpoint_id=HOOK, channel=ChannelName.WEB_PUSH, host="push.example"
    )
    given(browser).when(gone, by=SYSTEM).then(EndpointRemoved(endpoint_id=HOOK, why="410"))
    given(ADDED).when(gone, by=SYSTEM).then(EndpointSwitchedOff(endpoint_id=HOOK, why="410"))
    given().when(gone, by=SYSTEM).then_nothing()


def test_there_are_only_so_many_webhooks() -> None:
    many = [
        EndpointAdded(
            account_id=ADA,
            endpoint_id=EndpointId(UUID(int=n)),
            channel=ChannelName.WEBHOOK,
            host="annals.example",
        )
        for n in range(3)
    ]
    add = AddEndpoint(
        account_id=ADA,
        endpoint_id=HOOK,
        channel=ChannelName.WEBHOOK,
        host="annals.example",
        most=3,
    )
    given(*many[:2]).when(add).then(
        EndpointAdded(
            account_id=ADA,
            endpoint_id=HOOK,
            channel=ChannelName.WEBHOOK,
            host="annals.example",
        )
    )
    given(*many).when(add).then_refused(TooManyEndpoints)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2030-01-01T20:59:00Z", None),  # 21:59 in Berlin
        ("2030-01-01T21:00:00Z", "2030-01-02T06:00:00Z"),
        ("2030-01-02T05:59:59Z", "2030-01-02T06:00:00Z"),
        ("2030-01-02T06:00:00Z", None),
        ("2030-03-30T22:00:00Z", "2030-03-31T05:00:00Z"),  # clocks go forward in that night
    ],
)
def test_quiet_hours_are_those_of_the_persons_zone(at: str, until: str | None) -> None:
    quiet = PreferencesChanged(quiet_from="22:00", quiet_until="07:00", timezone="Europe/Berlin")
    preferences = fold(Preferences(), history(quiet))
    expected = None if until is None else datetime.fromisoformat(until).astimezone(UTC)
    assert preferences.quiet_until_after(datetime.fromisoformat(at)) == expected
