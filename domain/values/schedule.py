"""What a series repeats, and when."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, replace

from domain.errors import RuleRefused
from domain.record import Record
from domain.recurrence.recurrence import Recurrence, parse_rule, split
from domain.recurrence.writing import write_rule
from domain.vocabulary import Priority


class Anchor(StrEnum):
    """What the next occurrence is counted from."""

    SCHEDULE = "schedule"  # the calendar
    COMPLETION = "completion"  # the day the one before was done


class Materialization(StrEnum):
    """How many occurrences there are as tasks."""

    NEXT = "next"  # one at a time: the next is made when this one is done or skipped
    HORIZON = "horizon"  # those of the next 90 days


class MissedPolicy(StrEnum):
    """What becomes of occurrences that passed before they could be made."""

    SKIP = "skip"
    GENERATE = "generate"


class Template(Record):
    """What every occurrence looks like at first. `reminders` are durations before it is due."""

    title: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    tags: tuple[str, ...] = ()
    reminders: tuple[str, ...] = ()

    def apply(self, change: "TemplateChange") -> "Template":
        return replace(self, **change.given())

    def effective(self, change: "TemplateChange") -> "TemplateChange":
        """Return of a change what really would change."""
        return TemplateChange(
            **{
                name: value
                for name, value in change.given().items()
                if value != getattr(self, name)
            }
        )

    def diff_to(self, other: "Template") -> "TemplateChange":
        """Return the change that makes the other of this one."""
        return self.effective(TemplateChange(**asdict(other)))


class TemplateChange(Record):
    """What is set gets a new value; what is UNSET stays."""

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    reminders: tuple[str, ...] | UnsetType = UNSET

    def given(self) -> Mapping[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not UNSET}


class Schedule(Record):
    """When. `rule` is RFC 5545 text; `start` and `excluded` are wall times of the zone, naive."""

    rule: str
    start: datetime
    timezone: str
    excluded: tuple[datetime, ...] = ()
    anchor: Anchor = Anchor.SCHEDULE
    ahead: Materialization = Materialization.NEXT
    missed: MissedPolicy = MissedPolicy.SKIP

    @property
    def recurrence(self) -> Recurrence:
        """Raises RuleRefused where there is no such rule or zone."""
        return _read(self.rule, self.start, self.timezone, self.excluded)

    def following(self, at: datetime, *, generated_count: int) -> "Schedule":
        """Return the part that begins with an occurrence; `spent` were there before it."""
        try:
            _, part = split(self.recurrence, at)
        except RuleRefused:
            # Counted from completions, it need not be where the calendar has one.
            rule = self.recurrence.rule
            count = rule.count and max(1, rule.count - generated_count)
            part = replace(self.recurrence, start=at, rule=replace(rule, count=count))
        return replace(self, rule=write_rule(part), start=at, excluded=part.excluded)


@lru_cache(maxsize=4096)
def _read(rule: str, start: datetime, timezone: str, excluded: tuple[datetime, ...]) -> Recurrence:
    return parse_rule(rule, start, timezone, excluded)
