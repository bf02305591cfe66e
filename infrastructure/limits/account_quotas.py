"""The quotas of an account: refuses what a request would record beyond them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import get_args

import msgspec

from application.ports.unavailable import Unavailable
from domain.errors import DayQuotaExceeded, QuotaExceeded
from domain.events.event import Event
from domain.events.identity.access_tokens import AccountTokenRevoked
from domain.events.identity.accounts import (
    AccountDeleted,
    AccountDisabled,
    AccountEnabled,
    AccountPasswordChanged,
    AccountProviderUnlinked,
    AccountRoleRevoked,
    EmailReleased,
    OidcUnlinked,
)
from domain.events.identity.calendars import AccountCalendarClosed
from domain.events.identity.sessions import SessionEnded
from domain.events.lists import ListCreated, ListDeleted, ListRestored
from domain.events.preferences import EndpointRemoved
from domain.events.recorded import Recorded
from domain.events.reminders import (
    ReminderCancelled,
    ReminderRearmed,
    ReminderRestored,
    ReminderSet,
    ReminderWithdrawn,
)
from domain.events.requests import RequestAnswered
from domain.events.searches import SearchDeleted, SearchRestored, SearchSaved
from domain.events.series import (
    SeriesEnded,
    SeriesEvent,
    SeriesRestored,
    SeriesSplit,
    SeriesStarted,
)
from domain.events.tasks import TaskCompleted, TaskDeleted, TaskEvent, TaskRestored
from domain.vocabulary import ReminderState
from infrastructure.config.quotas import QuotaSettings
from infrastructure.limits.account_counts import AccountCounts, Addition, Count
from infrastructure.limits.day_usage import DayUsage, Usage, seconds_until_tomorrow
from infrastructure.telemetry.metrics import RATE_LIMIT_UNAVAILABLE, RATE_LIMITED

MEGABYTE = 1_000_000
TASK, SERIES = get_args(TaskEvent), get_args(SeriesEvent)
# What keeps an account safe: recorded whatever else it, or its administrator, has recorded.
PROTECTING = (
    AccountCalendarClosed,
    AccountDeleted,
    AccountDisabled,
    AccountEnabled,
    AccountPasswordChanged,
    AccountProviderUnlinked,
    AccountRoleRevoked,
    AccountTokenRevoked,
    EmailReleased,
    OidcUnlinked,
    SessionEnded,
)
UNCOUNTED = frozenset((*PROTECTING, RequestAnswered))
# What the events add to the things that are counted; the first event of a task adds one as well.
ADDING: Mapping[type[Event], tuple[str, int]] = {
    SeriesStarted: ("series", 1),
    SeriesSplit: ("series", -1),
    SeriesEnded: ("series", -1),
    ReminderSet: ("reminders", 1),
    ReminderRearmed: ("reminders", 1),
    ReminderCancelled: ("reminders", -1),
    ReminderWithdrawn: ("reminders", -1),
    TaskRestored: ("tasks", 1),
    ListCreated: ("lists", 1),
    ListRestored: ("lists", 1),
    ListDeleted: ("lists", -1),
    SearchSaved: ("searches", 1),
    SearchRestored: ("searches", 1),
    SearchDeleted: ("searches", -1),
    TaskDeleted: ("tasks", -1),
}
# What a request may still record in a stream that is full.
ENDING = (
    TaskCompleted,
    TaskDeleted,
    ReminderCancelled,
    SeriesEnded,
    SeriesSplit,
    EndpointRemoved,
    ListDeleted,
    SearchDeleted,
    *PROTECTING,
)
NAMES = {"searches": "saved searches"}  # where the name of a quota is not the word for its things
ADVICE = {
    "tasks": "Delete some of them.",
    "series": "End some of them.",
    "reminders": "Cancel some of them.",
    "lists": "Delete some of them.",
    "searches": "Delete some of them.",
}

_encoder = msgspec.json.Encoder()


class AccountQuotas:
    """Decides in memory, but for counts that are read now and then; a number of 0 is no limit."""

    def __init__(
        self, settings: QuotaSettings, usage: DayUsage, counts: Mapping[str, Count]
    ) -> None:
        """`counts` has how the things of an account are counted, by the name of their quota."""
        self._usage = usage
        self._events = settings.events_per_day
        self._bytes = settings.megabytes_per_day * MEGABYTE
        self._of_stream = settings.stream_events
        self._counts = {
            name: AccountCounts(count, most=most)
            for name, count in counts.items()
            if (most := getattr(settings, name))
        }

    async def admit(self, actor: str, batch: Sequence[Recorded]) -> "QuotaAdmission":
        """Count the events that a request of an account is about to record.

        Raises:
            QuotaExceeded: the account may not record them.
        """
        self._check_streams(batch)
        events = [recorded.event for recorded in batch]
        admission = QuotaAdmission(actor, batch)
        if UNCOUNTED.issuperset(map(type, events)):
            return admission
        usage = self._usage_today(actor)
        try:
            for name, number in _added(batch).items():
                if counts := self._counts.get(name):
                    addition = counts.add_at_once(actor, number)
                    if addition is None and number > 0:
                        addition = await self._add(actor, name, number)
                    if addition is not None:
                        admission.additions.append((name, counts, addition))
        except QuotaExceeded:
            admission.refused()
            raise
        if self._events or self._bytes:
            size = len(_encoder.encode(events)) - len(events) - 1  # without commas and brackets
            self._usage.add(actor, usage, events=len(events), size=size)
            admission.on_refusal = partial(
                self._usage.add, actor, usage, events=-len(events), size=-size
            )
        return admission

    def _check_streams(self, batch: Sequence[Recorded]) -> None:
        for recorded in batch:
            if not 0 < self._of_stream < recorded.originator_version:
                continue
            if isinstance(recorded.event, ENDING):
                continue
            raise _refusal("stream-events", QuotaExceeded(self._full(recorded)))

    def _full(self, recorded: Recorded) -> str:
        event = recorded.event
        kind = "task" if isinstance(event, TASK) else "series" if isinstance(event, SERIES) else ""
        advice = f"Make a new {kind} in its place" if kind else "Ask the operator for more"
        return (
            f"This {kind or 'part of the account'} has had {self._of_stream} changes, the most that"
            f" ANNALS_STREAM_EVENTS allows. {advice}."
        )

    def _usage_today(self, actor: str) -> Usage:
        """Return what the account has recorded today, if it may record more."""
        now = datetime.now(UTC)
        usage = self._usage.of(actor, now)
        if 0 < self._events <= usage.events:
            raise _refusal(
                "events-per-day",
                DayQuotaExceeded(
                    f"This account has recorded {self._events} changes today (UTC), the most that"
                    " ANNALS_EVENTS_PER_DAY allows. Go on tomorrow.",
                    retry_after=seconds_until_tomorrow(now),
                ),
            )
        if 0 < self._bytes <= usage.bytes:
            raise _refusal(
                "bytes-per-day",
                DayQuotaExceeded(
                    f"This account has recorded {self._bytes // MEGABYTE} MB today (UTC), the most"
                    " that ANNALS_MEGABYTES_PER_DAY allows. Go on tomorrow.",
                    retry_after=seconds_until_tomorrow(now),
                ),
            )
        return usage

    async def _add(self, actor: str, name: str, number: int) -> Addition | None:
        counts = self._counts[name]
        try:
            addition = await counts.add(actor, number)
        except Unavailable:
            RATE_LIMIT_UNAVAILABLE.labels(name).inc()
            return None  # a view that is away must not stop those who are far from their limit
        if addition is None:
            raise _refusal(
                name,
                QuotaExceeded(
                    f"This account has {counts.most} {NAMES.get(name, name)}, the most that"
                    f" ANNALS_{name.upper()} allows. {ADVICE[name]}"
                ),
            )
        return addition


class QuotaAdmission:
    """What the events of a request add, by the names of their quotas."""

    def __init__(self, actor: str, batch: Sequence[Recorded]) -> None:
        self._actor = actor
        self._batch = batch
        self.additions: list[tuple[str, AccountCounts, Addition]] = []
        self.on_refusal: Callable[[], None] | None = None

    def recorded(self, positions: Sequence[int]) -> None:
        """Implements `application.ports.limits.Admission`."""
        for name, counts, addition in self.additions:
            places = (
                (position, number)
                for position, recorded in zip(positions, self._batch, strict=True)
                for kind, number in _adds(recorded)
                if kind == name
            )
            counts.recorded(self._actor, addition, places)

    def refused(self) -> None:
        """Implements `application.ports.limits.Admission`."""
        for _, counts, addition in self.additions:
            counts.refused(self._actor, addition)
        if self.on_refusal is not None:
            self.on_refusal()


def _refusal(rule: str, error: QuotaExceeded) -> QuotaExceeded:
    RATE_LIMITED.labels(rule).inc()
    return error


def _added(batch: Iterable[Recorded]) -> Mapping[str, int]:
    """Return how many tasks, series, lists and so on the events add; below 0, how many they end."""
    added: dict[str, int] = {}
    for recorded in batch:
        for name, number in _adds(recorded):
            added[name] = added.get(name, 0) + number
    return added


def _adds(recorded: Recorded) -> Iterator[tuple[str, int]]:
    """Yield what an event adds to, and how many, if it adds to anything."""
    event = recorded.event
    kind = type(event)
    if kind in ADDING:
        yield ADDING[kind]
    elif recorded.originator_version == 1 and kind in TASK:
        yield "tasks", 1
    elif isinstance(event, ReminderRestored) and event.state is ReminderState.PENDING:
        yield "reminders", 1
    elif isinstance(event, SeriesRestored) and event.ended_at is None:
        yield "series", 1
