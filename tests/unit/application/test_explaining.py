"""A reminder explains every channel: what was used, what waits, what was not used, and why."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from application.explaining.explanation import (
    CHANNELS,
    MOST_MOMENTS,
    ChannelExplanation,
    MomentOutcome,
    ReminderFacts,
    ReminderMoment,
    explain,
)
from application.explaining.outcome import OutcomeState
from application.explaining.reason_texts import CANCELLED, TEXTS, reason_text
from application.reactions.account_reactions import PASSWORD_RESET, VERIFY_ACCOUNT
from domain.aggregate import fold
from domain.events.identity.accounts import (
    AccountAddressVerified,
    AccountDeleted,
    AccountDisabled,
    AccountRegistered,
)
from domain.events.notifications import (
    NotificationDeadLettered,
    NotificationDiscarded,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    NotificationSuppressed,
)
from domain.events.preferences import (
    AddressGiven,
    EndpointAdded,
    EndpointRemoved,
    EndpointSwitchedOff,
    PreferencesChanged,
)
from domain.events.recorded import AnyEvent, Recorded
from domain.events.reminders import (
    ReminderCancelled,
    ReminderMissed,
    ReminderSet,
    ReminderTriggered,
)
from domain.identity.account import Account
from domain.notification import Notification
from domain.preferences import Preferences
from domain.values.delivery_reason import DeliveryReason
from domain.values.streams import event_id, preferences_stream
from domain.vocabulary import CancelReason, ChannelName, EndpointId, ReminderId, Topic
from infrastructure.delivery import account_mail
from tests.support.facts import ADA, EIGHT, NINE, TASK, TEN, history, recorded

BELL = ReminderId(UUID(int=0xBE11))
HOOK = EndpointId(UUID(int=0xE0))
DIGEST = UUID(int=0xD16)
MINE = preferences_stream(ADA)


class Story:
    """A log of a few streams, in the order in which the events are told."""

    def __init__(self) -> None:
        self.log: list[Recorded] = []
        self.due_at: datetime | None = None
        self.tell(TASK, ReminderSet(reminder_id=BELL, owner=ADA, due_at=NINE))

    def tell(self, stream: UUID, *events: AnyEvent, at: datetime = EIGHT) -> "Story":
        for event in events:
            version = len(self.of(stream)) + 1
            position = len(self.log) + 1
            self.log.append(
                recorded(event, version=version, stream=stream, at=at, position=position)
            )
        return self

    def of(self, stream: UUID) -> list[Recorded]:
        return [each for each in self.log if each.originator_id == stream]

    def prefer(self, *events: AnyEvent) -> "Story":
        return self.tell(MINE, *events)

    def ring(self) -> "Story":
        return self.tell(TASK, ReminderTriggered(reminder_id=BELL, due_at=NINE), at=NINE)

    def request(self, channel: ChannelName, *then: AnyEvent, **fields: object) -> "Story":
        """Request a notification of the last event of the task, and tell what became of it."""
        cause = event_id(TASK, len(self.of(TASK)))
        stream = UUID(int=0x100 + len(self.log))
        base = NotificationRequested(
            account_id=ADA, channel=channel, kind="reminder", cause=cause, occurred_at=NINE
        )
        request = NotificationRequested(**{**{f: getattr(base, f) for f in FIELDS}, **fields})
        return self.tell(stream, request, *then)

    def digest(self, *then: AnyEvent) -> "Story":
        request = NotificationRequested(
            account_id=ADA,
            channel=ChannelName.EMAIL,
            kind="digest",
            cause=MINE,
            occurred_at=TEN,
            not_before=TEN,
        )
        return self.tell(DIGEST, request, *then)

    def moments(self, now: datetime = NINE) -> list[ReminderMoment]:
        known = {each.originator_id for each in self.log} - {TASK, MINE, ADA}
        notifications = {key: fold(Notification(), self.of(key)) for key in known}
        facts = ReminderFacts(
            events=self.of(TASK),
            due_at=self.due_at,
            notifications=[one for key, one in notifications.items() if key != DIGEST],
            digests={key: one for key, one in notifications.items() if key == DIGEST},
            preferences=self.of(MINE),
            account=self.of(ADA),
        )
        return list(explain(facts, now))

    def channel(self, name: str, now: datetime = NINE) -> ChannelExplanation:
        """Return the explanation of the only entry of a channel at the last moment."""
        [found] = [each for each in self.moments(now)[-1].channels if each.channel == name]
        return found


FIELDS = NotificationRequested.__struct_fields__
ADDRESS = AddressGiven(account_id=ADA, address="ada@annals.example")
WEBHOOK = EndpointAdded(
    account_id=ADA, endpoint_id=HOOK, channel=ChannelName.WEBHOOK, host="hooks.example"
)
FAILED = NotificationFailed(attempt=1, reason="550 No such user", permanent=False, retry_at=TEN)
REGISTERED = AccountRegistered(email="ada@annals.example", name="Ada")


def suppressed(reason: DeliveryReason | None) -> Story:
    """Suppress a mail for the reason that a decision gave."""
    assert reason is not None
    then = NotificationSuppressed(why=reason)
    return Story().prefer(ADDRESS).ring().request(ChannelName.EMAIL, then)


def pending() -> Story:
    story = Story()
    story.due_at = NINE
    return story


def objection(
    *preferences: AnyEvent,
    channel: ChannelName = ChannelName.EMAIL,
    endpoint_id: EndpointId | None = None,
) -> DeliveryReason | None:
    mine = fold(Preferences(), history(*preferences, stream=MINE))
    return mine.objection(channel, endpoint_id)


def account_objection(
    kind: str, occurred_at: datetime, *account: AnyEvent
) -> DeliveryReason | None:
    request = NotificationRequested(
        account_id=ADA,
        channel=ChannelName.EMAIL,
        kind=kind,
        cause=TASK,
        occurred_at=occurred_at,
        address="ada@annals.example",
    )
    return account_mail.objection(request, fold(Account(), history(*account, stream=ADA)))


EMAIL, HOOKS, INBOX = "email", "webhook", "in_app"
LONG_AGO = EIGHT - timedelta(days=9_000)
# What leads to each reason: a channel, and a story in which it has the reason.
SCENES: dict[DeliveryReason, tuple[str, Callable[[], Story]]] = {
    DeliveryReason.NOT_DUE: (EMAIL, pending),
    DeliveryReason.REMINDER_CANCELLED: (
        EMAIL,
        lambda: Story().tell(TASK, ReminderCancelled(reminder_id=BELL, why=CancelReason.COMPLETED)),
    ),
    DeliveryReason.TOO_LATE: (
        EMAIL,
        lambda: (
            Story().tell(ADA, REGISTERED).tell(TASK, ReminderMissed(reminder_id=BELL, due_at=NINE))
        ),
    ),
    DeliveryReason.ACCOUNT_DISABLED: (
        EMAIL,
        lambda: (
            Story()
            .tell(ADA, REGISTERED, AccountDisabled(reason="asked"))
            .tell(TASK, ReminderMissed(reminder_id=BELL, due_at=NINE))
        ),
    ),
    DeliveryReason.ACCOUNT_DELETED: (
        EMAIL,
        lambda: (
            Story()
            .tell(ADA, REGISTERED, AccountDeleted())
            .tell(TASK, ReminderMissed(reminder_id=BELL, due_at=NINE))
        ),
    ),
    DeliveryReason.TOPIC_OFF: (
        INBOX,
        lambda: Story().prefer(PreferencesChanged(topics=(Topic.TASK_COMPLETED,))).ring(),
    ),
    DeliveryReason.CHANNEL_OFF: (
        INBOX,
        lambda: Story().prefer(PreferencesChanged(in_app=False)).ring(),
    ),
    DeliveryReason.NO_ADDRESS: (EMAIL, lambda: Story().ring()),
    DeliveryReason.ADDRESS_NOT_CONFIRMED: (EMAIL, lambda: suppressed(objection(ADDRESS))),
    DeliveryReason.ADDRESS_CHANGED: (
        EMAIL,
        lambda: suppressed(
            account_objection(
                VERIFY_ACCOUNT,
                EIGHT,
                REGISTERED,
                AccountAddressVerified(email="ada@annals.example"),
            )
        ),
    ),
    DeliveryReason.NO_ENDPOINT: (HOOKS, lambda: Story().ring()),
    DeliveryReason.ENDPOINT_OFF: (
        HOOKS,
        lambda: (
            Story()
            .prefer(WEBHOOK, EndpointSwitchedOff(endpoint_id=HOOK, why="404 Not Found"))
            .ring()
        ),
    ),
    DeliveryReason.ENDPOINT_REMOVED: (
        EMAIL,
        lambda: suppressed(
            objection(
                WEBHOOK,
                EndpointRemoved(endpoint_id=HOOK, why="asked"),
                channel=ChannelName.WEBHOOK,
                endpoint_id=HOOK,
            )
        ),
    ),
    # The worker and the builder decide these two; see tests/integration/delivery/test_worker.py.
    DeliveryReason.ONLINE: (EMAIL, lambda: suppressed(DeliveryReason.ONLINE)),
    DeliveryReason.CHANNEL_NOT_SET_UP: (
        EMAIL,
        lambda: suppressed(DeliveryReason.CHANNEL_NOT_SET_UP),
    ),
    DeliveryReason.TOO_MANY_LINKS: (EMAIL, lambda: suppressed(DeliveryReason.TOO_MANY_LINKS)),
    DeliveryReason.LINK_EXPIRED: (
        EMAIL,
        lambda: suppressed(account_objection(PASSWORD_RESET, LONG_AGO, REGISTERED)),
    ),
    DeliveryReason.BEING_REQUESTED: (INBOX, lambda: Story().ring()),
    DeliveryReason.QUIET_HOURS: (
        EMAIL,
        lambda: Story().prefer(ADDRESS).ring().request(ChannelName.EMAIL, not_before=TEN),
    ),
    DeliveryReason.DIGEST: (
        EMAIL,
        lambda: Story().prefer(ADDRESS).ring().request(ChannelName.EMAIL, digest_id=DIGEST),
    ),
    DeliveryReason.QUEUED: (
        EMAIL,
        lambda: Story().prefer(ADDRESS).ring().request(ChannelName.EMAIL),
    ),
    DeliveryReason.RETRYING: (
        EMAIL,
        lambda: Story().prefer(ADDRESS).ring().request(ChannelName.EMAIL, FAILED),
    ),
    DeliveryReason.SENT: (
        EMAIL,
        lambda: (
            Story().prefer(ADDRESS).ring().request(ChannelName.EMAIL, NotificationSent(attempt=1))
        ),
    ),
    DeliveryReason.IN_INBOX: (INBOX, lambda: Story().ring().request(ChannelName.IN_APP)),
    DeliveryReason.DEAD_LETTER: (
        EMAIL,
        lambda: (
            Story()
            .prefer(ADDRESS)
            .ring()
            .request(ChannelName.EMAIL, FAILED, NotificationDeadLettered(reason="550 No such user"))
        ),
    ),
    DeliveryReason.DISCARDED: (
        EMAIL,
        lambda: (
            Story()
            .prefer(ADDRESS)
            .ring()
            .request(
                ChannelName.EMAIL,
                FAILED,
                NotificationDeadLettered(reason="550 No such user"),
                NotificationDiscarded(),
            )
        ),
    ),
    DeliveryReason.OTHER: (
        EMAIL,
        lambda: (
            Story()
            .prefer(ADDRESS)
            .ring()
            .request(ChannelName.EMAIL, NotificationSuppressed(why="email is switched off"))
        ),
    ),
    DeliveryReason.STREAM_OPEN: ("live", lambda: suppressed(DeliveryReason.ONLINE)),
    DeliveryReason.STREAMS_UNKNOWN: ("live", lambda: Story().ring()),
}


@pytest.mark.parametrize("reason", DeliveryReason)
def test_each_reason_is_given_to_somebody(reason: DeliveryReason) -> None:
    channel, story = SCENES[reason]
    found = story().channel(channel)
    assert found.code is reason
    assert found.text
    assert "{" not in found.text


@pytest.mark.parametrize("language", TEXTS)
def test_every_reason_has_a_text_in_every_language(language: str) -> None:
    assert set(TEXTS[language]) == set(DeliveryReason)
    assert set(CANCELLED[language]) == set(CancelReason)
    texts = [reason_text(reason, language, detail="d", until="u") for reason in DeliveryReason]
    assert len(set(texts)) == len(texts)


def test_every_channel_is_explained_at_every_moment() -> None:
    for _, story in SCENES.values():
        for moment in story().moments():
            assert {each.channel for each in moment.channels} == set(CHANNELS)


def test_a_text_is_in_the_language_and_the_zone_of_the_account() -> None:
    german = PreferencesChanged(language="de-AT", timezone="Europe/Berlin")
    held = Story().prefer(ADDRESS, german).ring().request(ChannelName.EMAIL, not_before=TEN)
    text = "Deine Ruhezeit hält die Benachrichtigung bis 2030-01-01 11:00 (Europe/Berlin) zurück."
    assert held.channel(EMAIL).text == text


def test_the_preferences_of_that_time_count_and_not_those_of_today() -> None:
    story = Story().prefer(PreferencesChanged(in_app=False)).ring()
    story.prefer(PreferencesChanged(in_app=True))
    assert story.channel(INBOX).code is DeliveryReason.CHANNEL_OFF


def test_a_part_of_a_digest_shares_the_fate_of_the_digest() -> None:
    def part() -> Story:
        return Story().prefer(ADDRESS).ring().request(ChannelName.EMAIL, digest_id=DIGEST)

    waiting = part().digest().channel(EMAIL)
    assert (waiting.state, waiting.until) == (OutcomeState.WAITING, TEN)
    sent = part().digest(NotificationSent(attempt=1)).channel(EMAIL)
    assert (sent.state, sent.code) == (OutcomeState.DELIVERED, DeliveryReason.DIGEST)
    online = part().digest(NotificationSuppressed(why=DeliveryReason.ONLINE)).channel(EMAIL)
    assert (online.state, online.code) == (OutcomeState.NOT_SENT, DeliveryReason.ONLINE)


def test_each_webhook_has_an_explanation_of_its_own() -> None:
    other = EndpointId(UUID(int=0xE1))
    second = EndpointAdded(
        account_id=ADA, endpoint_id=other, channel=ChannelName.WEBHOOK, host="off.example"
    )
    story = Story().prefer(WEBHOOK, second, EndpointSwitchedOff(endpoint_id=other, why="410 Gone"))
    story.ring().request(ChannelName.WEBHOOK, NotificationSent(attempt=1), endpoint_id=HOOK)
    hooks = [each for each in story.moments()[-1].channels if each.channel == HOOKS]
    assert [(each.host, each.code, each.detail) for each in hooks] == [
        ("hooks.example", DeliveryReason.SENT, ""),
        ("off.example", DeliveryReason.ENDPOINT_OFF, "410 Gone"),
    ]


def test_a_text_without_a_detail_is_a_whole_sentence() -> None:
    for language in TEXTS:
        for reason in DeliveryReason:
            text = reason_text(reason, language, until="8:00")
            assert "{" not in text
            assert not any(end in text for end in (": .", "()", ":.", "; der letzte", "; the last"))
    assert reason_text(DeliveryReason.ENDPOINT_OFF, "en") == "The endpoint is switched off."
    retrying = reason_text(DeliveryReason.RETRYING, "en", until="8:00")
    assert retrying == "The last attempt failed; the next is at 8:00."


def test_a_reminder_that_repeats_explains_its_last_times_and_the_next() -> None:
    story = Story()
    for _ in range(MOST_MOMENTS + 5):
        story.ring()
    story.due_at = TEN
    moments = story.moments()
    assert len(moments) == MOST_MOMENTS
    assert (moments[-1].at, moments[-1].outcome) == (TEN, MomentOutcome.PENDING)
