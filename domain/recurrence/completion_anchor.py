"""The next occurrence, counted from the day on which the last was done."""

from datetime import date, datetime, time

from msgspec.structs import replace

from domain.recurrence.days import month_length
from domain.recurrence.local_time import resolve, wall_clock, zone
from domain.recurrence.recurrence import Recurrence, next_after_instant
from domain.recurrence.rule import Frequency, Rule
from domain.recurrence.walk import LAST_YEAR

_LONGEST = {  # of each unit, in days
    Frequency.DAILY: 1,
    Frequency.WEEKLY: 7,
    Frequency.MONTHLY: 31,
    Frequency.YEARLY: 366,
}
_END = date(LAST_YEAR, 12, 31).toordinal() + 1


def next_after_completion(
    recurrence: Recurrence, completed: datetime, now: datetime, *, spent: int = 0
) -> datetime | None:
    """Return the next wall time, later than `now` and than the day of completion, if any is left.

    A rule without BY parts counts its interval from that day: two weeks later, or a month
    later on the same date, or on the last of a month too short for it. A rule with BY parts
    starts afresh on that day, as if it were its first.

    `completed` and `now` are instants. `spent` is how many occurrences there were so far, for
    a COUNT to be held against: the rule alone cannot know.
    """
    rule = recurrence.rule
    if rule.count is not None and spent >= rule.count:
        return None
    where = zone(recurrence.timezone)
    day = wall_clock(completed, where).date()
    start = datetime.combine(day, recurrence.start.time())
    moment = max(now, resolve(datetime.combine(day, time.max), where))
    if rule.bare:
        return _one_step_on(recurrence, start, moment)
    afresh = replace(recurrence, rule=replace(rule, count=None), start=start, last=rule.until)
    if found := next_after_instant(afresh, moment):
        return found
    # From that day on no step may ever meet the BY parts, say 29 February every fourth year
    # from an odd one: then the first day that fits them once the interval is over.
    earliest = _later(rule, start, 1) or start
    unstepped = replace(afresh, rule=replace(afresh.rule, interval=1), start=earliest)
    return next_after_instant(unstepped, moment)


def _one_step_on(recurrence: Recurrence, start: datetime, moment: datetime) -> datetime | None:
    """Return the first whole number of intervals after the start that lies in the future."""
    rule, where = recurrence.rule, zone(recurrence.timezone)
    # Begin a step or so before the moment, not at a start that may be centuries ago.
    steps = max(
        1, (moment - resolve(start, where)).days // _LONGEST[rule.frequency] // rule.interval
    )
    while (at := _later(rule, start, steps)) is not None:
        if rule.until is not None and at > rule.until:
            return None
        if resolve(at, where) > moment and at not in recurrence.excluded:
            return at
        steps += 1
    return None


def _later(rule: Rule, start: datetime, steps: int) -> datetime | None:
    """Return the wall time a number of intervals later, unless that is past all reckoning."""
    count = steps * rule.interval
    match rule.frequency:
        case Frequency.DAILY | Frequency.WEEKLY:
            day = start.toordinal() + count * _LONGEST[rule.frequency]
            return _at(date.fromordinal(day), start) if day < _END else None
        case Frequency.MONTHLY | Frequency.YEARLY:
            count *= 12 if rule.frequency is Frequency.YEARLY else 1
            year, before = divmod(start.year * 12 + start.month - 1 + count, 12)
            if year > LAST_YEAR:
                return None
            last = month_length(year, before + 1)
            return _at(date(year, before + 1, min(start.day, last)), start)


def _at(day: date, start: datetime) -> datetime:
    return datetime.combine(day, start.time())
