"""The template and the schedule of a series: what recurs, and when."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, replace

from domain.errors import RuleRefused
from domain.record import Record
from domain.recurrence.local_time import resolve, zone
from domain.recurrence.recurrence import Recurrence, parse_rule, split
from domain.recurrence.writing import write_rule
from domain.values.task_fields import TaskContent, TaskContentChange
from domain.vocabulary import WallTime


class Anchor(StrEnum):
    """From where the next occurrence is counted."""

    SCHEDULE = "schedule"  # the calendar
    COMPLETION = "completion"  # the day on which the occurrence before was done


class Materialization(StrEnum):
    """How many occurrences exist as tasks."""

    NEXT = "next"  # one at a time: the next is generated when this one is done or skipped
    HORIZON = "horizon"  # those of the next 90 days


class MissedPolicy(StrEnum):
    """Whether occurrences that passed before they were generated are generated all the same."""

    SKIP = "skip"
    GENERATE = "generate"


class Template(TaskContent):
    """The content of a new occurrence. `reminders` are durations before it is due, or texts such
    as "PT30M every PT10M at most 3" (see `domain.reminders.of_series`)."""

    reminders: tuple[str, ...] = ()

    def apply(self, change: "TemplateChange") -> "Template":
        return replace(self, **change.given())

    def effective(self, change: "TemplateChange") -> "TemplateChange":
        """Return the part of a change that differs from this template."""
        return TemplateChange(**change.effective(self))

    def diff_to(self, other: "Template") -> "TemplateChange":
        """Return the change that turns this template into the other."""
        return self.effective(TemplateChange(**asdict(other)))


class TemplateChange(TaskContentChange):
    """A change of a template; a field that is absent stays as it is."""

    reminders: tuple[str, ...] | UnsetType = UNSET


class Schedule(Record):
    """When a series recurs: `rule` is RFC 5545 text, `start` and `excluded` are wall times.

    `all_day`: occurrences are days, each named by its 00:00 (DTSTART;VALUE=DATE in RFC 5545).
    """

    rule: str
    start: WallTime
    timezone: str
    excluded: tuple[WallTime, ...] = ()
    anchor: Anchor = Anchor.SCHEDULE
    ahead: Materialization = Materialization.NEXT
    missed: MissedPolicy = MissedPolicy.SKIP
    all_day: bool = False

    @property
    def recurrence(self) -> Recurrence:
        """The parsed rule.

        Raises:
            RuleRefused: the rule cannot be read, or the zone does not exist.
        """
        return _read(self.rule, self.start, self.timezone, self.excluded)

    def deadline(self, occurrence: datetime) -> datetime:
        """Return the instant in UTC at which an occurrence is due: a day, when it ends."""
        wall = occurrence + timedelta(days=1) if self.all_day else occurrence
        return resolve(wall, zone(self.timezone))

    def following(self, at: datetime, *, generated_count: int) -> "Schedule":
        """Return the part that begins with an occurrence, after `generated_count` earlier ones."""
        try:
            _, part = split(self.recurrence, at)
        except RuleRefused:
            # A series counted from completions need not be at an occurrence of the calendar.
            whole = self.recurrence.rule
            count = whole.count and max(1, whole.count - generated_count)
            part = replace(self.recurrence, start=at, rule=replace(whole, count=count))
        rule = write_rule(part, all_day=self.all_day)
        return replace(self, rule=rule, start=at, excluded=part.excluded)


@lru_cache(maxsize=4096)
def _read(rule: str, start: datetime, timezone: str, excluded: tuple[datetime, ...]) -> Recurrence:
    return parse_rule(rule, start, timezone, excluded)
