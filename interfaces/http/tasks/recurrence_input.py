"""The bodies that describe a recurrence: RFC 5545 text or plain words, and its settings."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from msgspec import UNSET, Meta, UnsetType, field

from application.commands.recurrence import SeriesScope, SetRecurrence
from domain.errors import ReminderRefused, RuleRefused
from domain.record import Record
from domain.recurrence.local_time import zone_name
from domain.recurrence.words.plain import RuleSource, plain_rule
from domain.reminders.of_series import MAX_OF_SERIES, SeriesReminder
from domain.values.schedule import Anchor, Materialization, MissedPolicy
from domain.vocabulary import SeriesId, TaskId
from interfaces.http.protocol.values import Zone

WallTime: TypeAlias = Annotated[
    str,
    Meta(
        max_length=40,
        description="A wall time without an offset: 2030-01-31T18:00:00; or a day: 2030-01-31",
    ),
]
RuleText: TypeAlias = Annotated[
    str, Meta(max_length=2000, description="RFC 5545: FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU")
]
Word: TypeAlias = Annotated[str, Meta(max_length=40)]
Words: TypeAlias = Annotated[Sequence[Word | int], Meta(max_length=40)]
Reminder: TypeAlias = Annotated[
    str,
    Meta(
        max_length=120,
        description="An ISO 8601 duration before it is due, P1D or PT24H; repeated as in"
        " PT30M every PT10M at most 3",
    ),
]
Length: TypeAlias = Annotated[str, Meta(max_length=40, description="ISO 8601: P1D or PT24H")]


class RepeatedReminder(Record, forbid_unknown_fields=True):
    """A reminder `before` each occurrence is due; with `every`, repeated until it is done,
    `at_most` so many times. `timezone`, by default that of the rule, defines calendar days."""

    before: Length
    every: Length | None = None
    at_most: Annotated[int, Meta(ge=1, le=1000)] | None = None
    timezone: Zone | None = None

    @property
    def text(self) -> str:
        """The same as text. A limit without `every` cannot be written so.

        Raises:
            ReminderRefused: there is a limit, but no repetition.
        """
        if self.at_most is not None and self.every is None:
            raise ReminderRefused("at_most", "at_most needs every.")
        zone = self.timezone and zone_name(self.timezone)
        return SeriesReminder(
            before=self.before, every=self.every, at_most=self.at_most, timezone=zone
        ).text


class WrittenBy(StrEnum):
    """Who wrote an `rrule`."""

    RFC5545 = "rfc5545"
    GOOGLE = "google"


class RuleInput(Record, forbid_unknown_fields=True):
    """Either `rrule`, or plain words: `every` "2 weeks" `on` ["tue", "sun"]. A yearly rule in
    words takes its month from `dtstart`; so does an `rrule` with days of the month whose `source`
    is `google`. By RFC 5545 it means every month."""

    rrule: RuleText | UnsetType = UNSET
    every: Word | UnsetType = UNSET
    on: Word | int | Words | UnsetType = UNSET
    in_: Word | Words | UnsetType = field(default=UNSET, name="in")
    until: Word | UnsetType = UNSET
    times: int | UnsetType = UNSET
    source: WrittenBy = WrittenBy.RFC5545

    @property
    def written_by(self) -> RuleSource:
        return RuleSource.WORDS if self.rrule is UNSET else RuleSource(self.source)

    def text(self) -> str:
        """Return the rule as RFC 5545 text, whether or not it makes sense."""
        given: dict[str, Any] = {
            "every": self.every,
            "on": self.on,
            "in": self.in_,
            "until": self.until,
            "times": self.times,
        }
        words = {name: value for name, value in given.items() if value is not UNSET}
        if self.rrule is UNSET:
            return plain_rule(words)
        if words:
            raise RuleRefused(next(iter(words)), "Give an rrule or plain words, not both.")
        return self.rrule


class RecurrenceInput(RuleInput, forbid_unknown_fields=True):
    """`dtstart` is by default when the task is due: a wall time in `timezone`, or a day. From a day
    the rule yields days: each occurrence is due on a date (`due_on`), without a time.

    `anchor`: whether the next occurrence counts from the schedule or from completion. `ahead`:
    `next` creates one task at a time, `horizon` those of the next 90 days. `missed`: whether
    tasks are created for occurrences that have passed. `timezone` is by default the one of your
    notification preferences. `reminders` are those of this occurrence and of later ones.
    """

    dtstart: WallTime | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    exdates: Annotated[Sequence[Word], Meta(max_length=1000)] = ()
    anchor: Anchor = Anchor.SCHEDULE
    ahead: Materialization = Materialization.NEXT
    missed: MissedPolicy = MissedPolicy.SKIP
    reminders: (
        Annotated[tuple[Reminder | RepeatedReminder, ...], Meta(max_length=MAX_OF_SERIES)]
        | UnsetType
    ) = UNSET

    def command(
        self,
        task_id: TaskId,
        series_id: SeriesId,
        timezone: str,
        scope: SeriesScope = SeriesScope.FOLLOWING,
    ) -> SetRecurrence:
        """Return the command that makes the task recur; `timezone` is that of the account.

        Raises:
            RuleRefused: the rule or a wall time cannot be read.
            ReminderRefused: a reminder has a limit, but no repetition.
        """
        return SetRecurrence(
            task_id=task_id,
            series_id=series_id,
            rule=self.text(),
            timezone=timezone if self.timezone is UNSET else self.timezone,
            source=self.written_by,
            start=None if self.dtstart is UNSET else day_or_wall_time("dtstart", self.dtstart),
            excluded=tuple(self.exdates),
            anchor=self.anchor,
            ahead=self.ahead,
            missed=self.missed,
            reminders=self.reminder_texts(),
            scope=scope,
        )

    def reminder_texts(self) -> tuple[str, ...] | UnsetType:
        if self.reminders is UNSET:
            return UNSET
        return tuple(each if isinstance(each, str) else each.text for each in self.reminders)


def day_or_wall_time(name: str, text: str) -> date | datetime:
    """Read a day or a wall time.

    Raises:
        RuleRefused: it is neither.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        return wall_time(name, text)


def wall_time(name: str, text: str) -> datetime:
    """Read a wall time. One with an offset is refused later.

    Raises:
        RuleRefused: it is not a date and time.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise RuleRefused(name, f"{name} must be a wall time: 2030-01-31T18:00:00.") from None
