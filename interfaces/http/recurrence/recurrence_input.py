"""The bodies that describe a recurrence: RFC 5545 text or plain words, and its settings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from msgspec import UNSET, Meta, UnsetType, field

from domain.errors import RuleRefused
from domain.record import Record
from domain.recurrence.plain import plain_rule
from domain.values.schedule import Anchor, Materialization, MissedPolicy
from interfaces.http.protocol.values import Zone

WallTime: TypeAlias = Annotated[
    str, Meta(max_length=40, description="A wall time without an offset: 2030-01-31T18:00:00")
]
RuleText: TypeAlias = Annotated[
    str, Meta(max_length=2000, description="RFC 5545: FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU")
]
Word: TypeAlias = Annotated[str, Meta(max_length=40)]
Words: TypeAlias = Annotated[Sequence[Word | int], Meta(max_length=40)]
Reminder: TypeAlias = Annotated[
    str, Meta(max_length=40, description="An ISO 8601 duration before it is due: P1D or PT24H")
]


class RuleInput(Record, forbid_unknown_fields=True):
    """Either `rrule`, or plain words: `every` "2 weeks" `on` ["tue", "sun"]."""

    rrule: RuleText | UnsetType = UNSET
    every: Word | UnsetType = UNSET
    on: Word | Words | UnsetType = UNSET
    in_: Word | Words | UnsetType = field(default=UNSET, name="in")
    until: Word | UnsetType = UNSET
    times: int | UnsetType = UNSET

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
    """`dtstart` is by default when the task is due, as a wall time in `timezone`.

    `anchor`: whether the next occurrence counts from the schedule or from completion. `ahead`:
    `next` creates one task at a time, `horizon` those of the next 90 days. `missed`: whether
    tasks are created for occurrences that have passed.
    """

    dtstart: WallTime | UnsetType = UNSET
    timezone: Zone = "UTC"
    exdates: Annotated[Sequence[Word], Meta(max_length=1000)] = ()
    anchor: Anchor = Anchor.SCHEDULE
    ahead: Materialization = Materialization.NEXT
    missed: MissedPolicy = MissedPolicy.SKIP
    reminders: Annotated[tuple[Reminder, ...], Meta(max_length=10)] | UnsetType = UNSET


def wall_time(name: str, text: str) -> datetime:
    """Read a wall time. One with an offset is refused later.

    Raises:
        RuleRefused: it is not a date and time.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise RuleRefused(name, f"{name} must be a wall time: 2030-01-31T18:00:00.") from None
