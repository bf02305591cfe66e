"""A recurrence: a rule, its start and zone, and the occurrences left out.

Everything is reckoned in the wall time of the zone, as naive date-times; an occurrence becomes
an instant only at the end (see `domain.recurrence.local_time`), so that 09:00 stays 09:00 across
a change of clocks.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from domain.errors import RuleRefused
from domain.record import Record
from domain.recurrence.local_time import resolve, wall_clock, zone
from domain.recurrence.reading import Until, read_rule
from domain.recurrence.rule import Rule
from domain.recurrence.walk import FIRST_YEAR, LAST_YEAR, wall_times

MOST_EXCLUDED = 1_000

Excluded = str | date | datetime
"""A day, a wall time or an instant; a text is one of these in ISO 8601 or RFC 5545 form."""


class Recurrence(Record):
    """What `parse_rule` makes of a text; all date-times are wall times, naive.

    COUNT or UNTIL let nothing be later than `last`. It is worked out once, so that no later
    question has to count from the start.
    """

    rule: Rule
    start: datetime
    timezone: str
    excluded: tuple[datetime, ...] = ()
    last: datetime | None = None


def parse_rule(
    text: str, start: datetime, timezone: str, excluded: Sequence[Excluded] = ()
) -> Recurrence:
    """Return the recurrence of a rule such as FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU.

    The start is a naive wall time; it is an occurrence only where it fits the rule. What is
    excluded is spent from COUNT, not refunded; what hits no occurrence's time is ignored.

    Raises:
        RuleRefused: `part` names the part of the rule, or dtstart, timezone or exdates.
    """
    rule, until = read_rule(text)
    where = zone(timezone)
    start = _checked_start(start)
    times = rule.times_of_day(start)
    if until is not None:
        rule = replace(rule, until=_last_that_counts(until, times, where))
    return Recurrence(
        rule=rule,
        start=start,
        timezone=timezone,
        excluded=_left_out(excluded, times, where),
        last=_last(rule, start),
    )


def occurrences(
    recurrence: Recurrence, after: datetime | None = None, limit: int | None = None
) -> Iterator[datetime]:
    """Yield wall times in order, those after `after` (a wall time) only, at most `limit`."""
    return islice(_unlimited(recurrence, after), limit)


def next_after(recurrence: Recurrence, after: datetime) -> datetime | None:
    """Return the first occurrence later than a wall time, if any is left."""
    return next(_unlimited(recurrence, after), None)


def next_after_instant(recurrence: Recurrence, moment: datetime) -> datetime | None:
    """Return the first occurrence (wall time) that falls later than an instant, if any is left."""
    where = zone(recurrence.timezone)
    # Where clocks skip or repeat, wall times and instants part company, by a day at the most.
    before = wall_clock(_within_reach(moment), where) - timedelta(days=2)
    later = (at for at in _unlimited(recurrence, before) if resolve(at, where) > moment)
    return next(later, None)


def between(
    recurrence: Recurrence, after: datetime, until: datetime, limit: int | None = None
) -> list[datetime]:
    """Return the occurrences later than `after` and not later than `until`, both wall times."""
    found = []
    for at in occurrences(recurrence, after, limit):
        if at > until:
            break
        found.append(at)
    return found


def split(recurrence: Recurrence, at: datetime) -> tuple[Recurrence | None, Recurrence]:
    """Return what comes before an occurrence (None before the first) and what begins with it.

    Together they have the occurrences of the whole; a COUNT is shared out between them.

    Raises:
        RuleRefused: nothing recurs at that wall time.
    """
    rule = recurrence.rule
    whole = replace(recurrence, excluded=())
    if next_after(whole, at - timedelta(seconds=1)) != at:
        raise RuleRefused("occurrence", f"There is no occurrence at {at:%Y-%m-%d %H:%M}.")
    following = replace(
        recurrence, start=at, excluded=tuple(left for left in recurrence.excluded if left >= at)
    )
    if rule.count is not None:
        spent = sum(1 for _ in takewhile(lambda earlier: earlier < at, occurrences(whole)))
        following = replace(following, rule=replace(rule, count=rule.count - spent))
    if at == next(occurrences(whole)):
        return None, following
    times, where = rule.times_of_day(recurrence.start), zone(recurrence.timezone)
    until = _last_that_counts(at - timedelta(seconds=1), times, where)
    before = replace(
        recurrence,
        rule=replace(rule, count=None, until=until),
        excluded=tuple(left for left in recurrence.excluded if left < at),
        last=until,
    )
    return before, following


def _unlimited(recurrence: Recurrence, after: datetime | None) -> Iterator[datetime]:
    rule, start, last = recurrence.rule, recurrence.start, recurrence.last
    if after is not None and after.year > LAST_YEAR:
        return
    left_out = frozenset(recurrence.excluded)
    since = None if after is None else after.date()
    for at in wall_times(rule, start, since, last and last.date()):
        if last is not None and at > last:
            return
        if (after is None or at > after) and at not in left_out:
            yield at


def _checked_start(start: datetime) -> datetime:
    if start.tzinfo is not None:
        raise RuleRefused("dtstart", "dtstart is a wall time: give it without an offset.")
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise RuleRefused("dtstart", f"dtstart lies in the years {FIRST_YEAR} to {LAST_YEAR}.")
    return start.replace(microsecond=0, fold=0)


def _last(rule: Rule, start: datetime) -> datetime | None:
    """Return what nothing may be later than; refuse a rule that never fires."""
    first = next(wall_times(rule, start), None)
    if first is None:
        # The narrowest part given is the likeliest to have been mistaken.
        given = (
            ("BYSETPOS", rule.by_set_position),
            ("BYMONTHDAY", rule.by_month_day),
            ("BYYEARDAY", rule.by_year_day),
            ("BYWEEKNO", rule.by_week_number),
            ("BYDAY", rule.by_day),
            ("BYMONTH", rule.by_month),
        )
        part = next((name for name, values in given if values), "INTERVAL")
        raise RuleRefused(part, f"This rule has no occurrence up to the year {LAST_YEAR}.")
    if rule.until is not None and first > rule.until:
        raise RuleRefused("UNTIL", "This rule ends before its first occurrence.")
    if rule.count is None:
        return rule.until
    return next(wall_times(rule, start, skip=rule.count - 1), None)


def _last_that_counts(until: Until, times: Sequence[time], where: ZoneInfo) -> datetime:
    """Return the last wall time, at one of these times of day, that UNTIL lets through."""
    if not FIRST_YEAR <= until.year <= LAST_YEAR:
        # "Until 9999" is how some calendars say forever.
        until = date(LAST_YEAR, 12, 31) if until.year > LAST_YEAR else date(FIRST_YEAR, 1, 1)
    if not isinstance(until, datetime):
        return datetime.combine(until, times[-1])
    if until.tzinfo is None:
        return max(at for at in _around(until, times) if at <= until)
    wall = wall_clock(until, where)
    return max(at for at in _around(wall, times) if resolve(at, where) <= until)


def _around(wall: datetime, times: Sequence[time]) -> list[datetime]:
    """Return the wall times at these times of day near one that clocks show."""
    # A gap shifts a time forward: by a day, where a zone once changed sides of the date line.
    days = [wall.date() + timedelta(days=n) for n in (-2, -1, 0, 1)]
    return [datetime.combine(day, at) for day in days for at in times]


def _left_out(
    excluded: Sequence[Excluded], times: Sequence[time], where: ZoneInfo
) -> tuple[datetime, ...]:
    if len(excluded) > MOST_EXCLUDED:
        raise RuleRefused("exdates", f"At most {MOST_EXCLUDED:,} dates can be excluded.")
    read = map(_read_excluded, excluded)
    return tuple(sorted({at for entry in read for at in _meant(entry, times, where)}))


def _read_excluded(entry: Excluded) -> date | datetime:
    if not isinstance(entry, str):
        return entry
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(entry)
        except ValueError:
            continue
    raise RuleRefused("exdates", f"{entry[:40]!r} is not a date to exclude.")


def _meant(excluded: date | datetime, times: Sequence[time], where: ZoneInfo) -> Iterable[datetime]:
    """Return the wall times, at these times of day, that an excluded date names.

    A day names all that is on it. An instant names the occurrence that falls on it, whatever
    the clocks were doing; so does what they showed where a gap had shifted the occurrence.
    """
    if not isinstance(excluded, datetime):
        return [datetime.combine(excluded, at) for at in times]
    if not FIRST_YEAR < excluded.year <= LAST_YEAR:
        return []
    if excluded.tzinfo is None:
        excluded = excluded.replace(microsecond=0, fold=0)
        if excluded.time() in times:
            return [excluded]
        excluded = resolve(excluded, where)
    # Where a gap shifted the occurrence, its wall time is by the offset of the day before.
    before = wall_clock(excluded - timedelta(days=1), where) + timedelta(days=1)
    named = (wall_clock(excluded, where), before)
    hits = (at for at in named if at.time() in times and resolve(at, where) == excluded)
    return islice(hits, 1)


def _within_reach(moment: datetime) -> datetime:
    year = min(max(moment.year, FIRST_YEAR), LAST_YEAR + 1)
    return moment if year == moment.year else datetime(year, 1, 1, tzinfo=moment.tzinfo)
