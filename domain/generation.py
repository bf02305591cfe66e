"""Which occurrences to generate now, which were missed, and when the next one is due."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from domain.record import Record
from domain.recurrence.completion_anchor import next_after_completion
from domain.recurrence.local_time import resolve, wall_clock, zone
from domain.recurrence.recurrence import next_after, occurrences
from domain.values.schedule import Anchor, Materialization, MissedPolicy, Schedule

HORIZON = timedelta(days=90)
MAX_GENERATED_AT_ONCE = 12
# Occurrences missed longer ago, or beyond this number, are not recorded one by one.
MISSED_WINDOW = timedelta(days=366)
MAX_MISSED = 366


class Generation(Record):
    """Wall times to generate (`made`) and `missed`, in order.

    `next_due` is when the first after these is due (see `Schedule.deadline`). `needs_more`: it
    should be generated now, too. `exhausted`: there is none.
    """

    made: tuple[datetime, ...] = ()
    missed: tuple[datetime, ...] = ()
    next_due: datetime | None = None
    needs_more: bool = False
    exhausted: bool = False


def generate(schedule: Schedule, last_generated: datetime, now: datetime) -> Generation:
    """Return what follows the occurrence `last_generated` by the calendar, at the instant `now`."""
    made: list[datetime] = []
    missed: deque[datetime] = deque(maxlen=MAX_MISSED)
    horizon = now + HORIZON if schedule.ahead is Materialization.HORIZON else None
    for at in _candidates(schedule, last_generated, now):
        due = schedule.deadline(at)
        if due <= now:
            if schedule.missed is MissedPolicy.SKIP or due <= now - HORIZON:
                missed.append(at)
                continue
        elif due > horizon if horizon else made and schedule.deadline(made[-1]) > now:
            return Generation(made=tuple(made), missed=tuple(missed), next_due=due)
        if len(made) == MAX_GENERATED_AT_ONCE:
            return Generation(
                made=tuple(made),
                missed=tuple(missed),
                next_due=due,
                needs_more=due <= now or not horizon,
            )
        made.append(at)
    exhausted = horizon is not None or not made
    return Generation(made=tuple(made), missed=tuple(missed), exhausted=exhausted)


def generate_after_completion(
    schedule: Schedule,
    last_generated: datetime,
    completed: datetime,
    now: datetime,
    *,
    generated_count: int,
) -> Generation:
    """Return what follows, given that the occurrence `last_generated` was done at `completed`."""
    where = zone(schedule.timezone)
    if schedule.all_day:  # today is not over
        midnight = datetime.combine(wall_clock(now, where), time.min)
        now = resolve(midnight, where) - timedelta(microseconds=1)
    # When it was done before it was due, the next must still be later.
    later_than = max(now, resolve(last_generated, where))
    found = next_after_completion(schedule.recurrence, completed, later_than, spent=generated_count)
    return Generation(made=(found,)) if found else Generation(exhausted=True)


def next_due(schedule: Schedule, last_generated: datetime) -> datetime | None:
    """Return when the occurrence after `last_generated` is due; None: the calendar has none."""
    if schedule.anchor is Anchor.COMPLETION:
        return None  # it depends on when this one is done
    found = next_after(schedule.recurrence, last_generated)
    return schedule.deadline(found) if found else None


def recurs_at(schedule: Schedule, wall: datetime) -> bool:
    """Whether something recurs at this wall time."""
    return next_after(schedule.recurrence, wall - timedelta(seconds=1)) == wall


def _candidates(schedule: Schedule, last_generated: datetime, now: datetime) -> Iterator[datetime]:
    """Yield the occurrences after `last_generated`, except those too long ago to be recorded."""
    since = wall_clock(now - MISSED_WINDOW, zone(schedule.timezone))
    return occurrences(schedule.recurrence, max(last_generated, since))
