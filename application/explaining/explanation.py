"""Explains each time at which a reminder was due: which channels were used, and why others not."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from uuid import UUID

from application.explaining.outcome import Outcome, OutcomeState, outcome_of
from application.explaining.reason_texts import cancel_text, reason_text
from domain.aggregate import fold
from domain.events.recorded import Recorded
from domain.events.reminders import ReminderCancelled, ReminderMissed, ReminderTriggered
from domain.identity.account import Account
from domain.notification import Notification
from domain.preferences import Preferences
from domain.record import Record
from domain.recurrence.local_time import local_text
from domain.states.preferences_state import Endpoint
from domain.values.delivery_reason import DeliveryReason
from domain.values.streams import event_id
from domain.vocabulary import ChannelName, EndpointId, NotificationId, Topic

LIVE = "live"
CHANNELS = (*(str(channel) for channel in ChannelName), LIVE)
MOST_MOMENTS = 20  # a reminder may repeat a thousand times
ENDPOINTS = frozenset({ChannelName.WEB_PUSH, ChannelName.WEBHOOK})


class MomentOutcome(StrEnum):
    PENDING = "pending"
    TRIGGERED = "triggered"
    MISSED = "missed"
    CANCELLED = "cancelled"


class ChannelExplanation(Record):
    """Whether a channel was used, and why (not). `channel` is that of a notification, or `live`
    for streams and sockets. `host` names the browser or webhook `endpoint_id`. `text` is in the
    language of the account."""

    channel: str
    state: OutcomeState
    code: DeliveryReason
    text: str
    detail: str
    until: datetime | None
    notification_id: NotificationId | None
    endpoint_id: EndpointId | None
    host: str | None


class ReminderMoment(Record):
    """A time at which the reminder was due, or is due next, and every channel."""

    at: datetime
    outcome: MomentOutcome
    channels: Sequence[ChannelExplanation]


class ReminderFacts(Record):
    """What an explanation is made of. `events` are those of the reminder; `notifications` those
    requested because of it and `digests` the digests that they are part of."""

    events: Sequence[Recorded]
    due_at: datetime | None
    notifications: Sequence[Notification]
    digests: Mapping[UUID, Notification]
    preferences: Sequence[Recorded]
    account: Sequence[Recorded]


def explain(facts: ReminderFacts, now: datetime) -> Sequence[ReminderMoment]:
    """Return the last 20 times at which the reminder was due, the newest last."""
    return _Explanation(facts, now).moments()


class _Explanation:
    def __init__(self, facts: ReminderFacts, now: datetime) -> None:
        self._facts = facts
        self._now = now
        self._preferences = fold(Preferences(), facts.preferences)

    def moments(self) -> Sequence[ReminderMoment]:
        found = list(self._past())[-MOST_MOMENTS:]
        due_at = self._facts.due_at
        if due_at is not None:
            waiting = Outcome(state=OutcomeState.WAITING, reason=DeliveryReason.NOT_DUE)
            found.append(self._on_all(due_at, MomentOutcome.PENDING, waiting))
        return found[-MOST_MOMENTS:]

    def _past(self) -> Iterator[ReminderMoment]:
        for recorded in self._facts.events:
            match recorded.event:
                case ReminderTriggered(due_at=due_at):
                    channels = list(self._channels(recorded))
                    yield ReminderMoment(
                        at=due_at, outcome=MomentOutcome.TRIGGERED, channels=channels
                    )
                case ReminderMissed(due_at=due_at):
                    missed = Outcome(state=OutcomeState.NOT_SENT, reason=self._why_missed(recorded))
                    yield self._on_all(due_at, MomentOutcome.MISSED, missed)
                case ReminderCancelled(why=why):
                    cancelled = Outcome(
                        state=OutcomeState.NOT_SENT,
                        reason=DeliveryReason.REMINDER_CANCELLED,
                        detail=cancel_text(why, self._preferences.language),
                    )
                    yield self._on_all(recorded.recorded_at, MomentOutcome.CANCELLED, cancelled)

    def _why_missed(self, missed: Recorded) -> DeliveryReason:
        account = fold(Account(), _until(self._facts.account, missed))
        if account.deleted:
            return DeliveryReason.ACCOUNT_DELETED
        return DeliveryReason.ACCOUNT_DISABLED if account.disabled else DeliveryReason.TOO_LATE

    def _on_all(self, at: datetime, kind: MomentOutcome, outcome: Outcome) -> ReminderMoment:
        channels = [self._explained(channel, outcome) for channel in CHANNELS]
        return ReminderMoment(at=at, outcome=kind, channels=channels)

    def _channels(self, triggered: Recorded) -> Iterator[ChannelExplanation]:
        cause = event_id(triggered.originator_id, triggered.originator_version)
        requested = [
            each
            for each in self._facts.notifications
            if each.request is not None and each.request.cause == cause
        ]
        preferences = fold(Preferences(), _until(self._facts.preferences, triggered))
        online = False
        for channel in ChannelName:
            sent = [each for each in requested if each.request and each.request.channel is channel]
            for notification in sent:
                outcome = self._outcome(notification)
                online = online or outcome.reason is DeliveryReason.ONLINE
                yield self._explained(channel, outcome, notification=notification)
            yield from self._unused(channel, preferences, sent)
        live = (
            Outcome(state=OutcomeState.DELIVERED, reason=DeliveryReason.STREAM_OPEN)
            if online
            else Outcome(state=OutcomeState.UNKNOWN, reason=DeliveryReason.STREAMS_UNKNOWN)
        )
        yield self._explained(LIVE, live)

    def _outcome(self, notification: Notification) -> Outcome:
        digest_id = notification.request.digest_id if notification.request else None
        digest = None if digest_id is None else self._facts.digests.get(digest_id)
        return outcome_of(notification, self._now, digest=digest)

    def _unused(
        self, channel: ChannelName, then: Preferences, sent: Sequence[Notification]
    ) -> Iterator[ChannelExplanation]:
        """Explain what the reminder did not use: the channel, or endpoints of it."""
        used = {each.endpoint_id for each in sent}
        off = [
            endpoint
            for endpoint in then.endpoints.values()
            if endpoint.channel is channel and not endpoint.on and endpoint.id not in used
        ]
        # The preferences may have changed between the reminder and its notifications.
        reason = then.silence(channel, Topic.REMINDER) or self._preferences.silence(
            channel, Topic.REMINDER
        )
        if not sent and reason is not DeliveryReason.ENDPOINT_OFF:
            state = OutcomeState.WAITING if reason is None else OutcomeState.NOT_SENT
            reason = reason or DeliveryReason.BEING_REQUESTED
            yield self._explained(channel, Outcome(state=state, reason=reason))
            return
        for endpoint in off:
            outcome = Outcome(
                state=OutcomeState.NOT_SENT,
                reason=DeliveryReason.ENDPOINT_OFF,
                detail=endpoint.why_off,
            )
            yield self._explained(channel, outcome, endpoint=endpoint)

    def _explained(
        self,
        channel: str,
        outcome: Outcome,
        *,
        notification: Notification | None = None,
        endpoint: Endpoint | None = None,
    ) -> ChannelExplanation:
        mine = self._preferences
        endpoint_id = endpoint.id if endpoint else None
        if notification is not None:
            endpoint_id = notification.endpoint_id
        if endpoint_id is not None:
            endpoint = mine.endpoints.get(endpoint_id, endpoint)
        until = "" if outcome.until is None else local_text(outcome.until, mine.timezone)
        return ChannelExplanation(
            channel=channel,
            state=outcome.state,
            code=outcome.reason,
            text=reason_text(outcome.reason, mine.language, detail=outcome.detail, until=until),
            detail=outcome.detail,
            until=outcome.until,
            notification_id=None if notification is None else notification.id,
            endpoint_id=endpoint_id,
            host=None if endpoint is None else endpoint.host,
        )


def _until(events: Sequence[Recorded], last: Recorded) -> list[Recorded]:
    """Return the events that were recorded before `last`, in whichever stream that is."""
    return list(takewhile(lambda recorded: recorded.position <= last.position, events))
