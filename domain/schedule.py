"""What a series repeats, and when."""

from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from domain.record import Record
from domain.recurrence import Recurrence, parse_rule
from domain.vocabulary import Priority, TaskId


class Anchor(StrEnum):
    """What the next occurrence is counted from."""

    SCHEDULE = "schedule"  # the calendar
    COMPLETION = "completion"  # the day the one before was done


class Ahead(StrEnum):
    """How many occurrences there are as tasks."""

    NEXT = "next"  # one at a time: the next is made when this one is done or skipped
    HORIZON = "horizon"  # those of the next 90 days


class Missed(StrEnum):
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


class Schedule(Record):
    """When. `rule` is RFC 5545 text; `start` and `excluded` are wall times of the zone, naive."""

    rule: str
    start: datetime
    timezone: str
    excluded: tuple[datetime, ...] = ()
    anchor: Anchor = Anchor.SCHEDULE
    ahead: Ahead = Ahead.NEXT
    missed: Missed = Missed.SKIP

    @property
    def recurrence(self) -> Recurrence:
        """Raises RuleRefused where there is no such rule or zone."""
        return _read(self.rule, self.start, self.timezone, self.excluded)


class Made(Record):
    """An occurrence, by its wall time, and the task it is."""

    occurrence: datetime
    task_id: TaskId


@lru_cache(maxsize=4096)
def _read(rule: str, start: datetime, timezone: str, excluded: tuple[datetime, ...]) -> Recurrence:
    return parse_rule(rule, start, timezone, excluded)
