"""Compares our occurrences with those of recurring-ical-events, for thousands of random rules."""

# ruff: noqa: T201 — it is a script and prints what it found

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from hypothesis import HealthCheck, given, settings

from domain.errors import RuleRefused
from domain.recurrence.local_time import resolve, zone
from domain.recurrence.recurrence import between, occurrences, parse_rule
from tests.unit.domain.recurrence.rules import rules, starts, zones

icalendar: Any = import_module("icalendar")
recurring_ical_events: Any = import_module("recurring_ical_events")

EVENT = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART{at}
RRULE:{rule}
{exdate}END:VEVENT
END:VCALENDAR
"""


def theirs(
    text: str, start: datetime, timezone: str, excluded: list[datetime], horizon: datetime
) -> list[datetime]:
    """Return the instants up to a wall time, without a start that does not fit the rule."""
    ours = zone(timezone)
    where = f";TZID={timezone}" if timezone != "UTC" else ""
    mark = "Z" if timezone == "UTC" else ""
    event = EVENT.format(
        at=f"{where}:{start:%Y%m%dT%H%M%S}{mark}",
        rule=text,
        exdate="".join(f"EXDATE:{at:%Y%m%dT%H%M%SZ}\n" for at in excluded),
    )
    calendar = icalendar.Calendar.from_ical(event.replace("\n", "\r\n"))
    window = (resolve(start, ours) - timedelta(days=1), resolve(horizon, ours) + timedelta(days=1))
    found = recurring_ical_events.of(calendar).between(*window)
    # Compared is what the clocks show: what a gap does to it, each library decides.
    return sorted(event["DTSTART"].dt.replace(tzinfo=None, fold=0) for event in found)


def cause(text: str, mine: list[datetime], other: list[datetime]) -> str | None:
    """Name the known reason for which a rule is read differently, if there is one."""
    parts = dict(part.split("=") for part in text.split(";"))
    if len({len(day) > 2 for day in parts.get("BYDAY", "").split(",")}) == 2:
        return "BYDAY with plain and numbered weekdays"
    if parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts:
        return "BYSETPOS in the first week"
    if "BYWEEKNO" in parts:
        if not {"BYDAY", "BYMONTHDAY", "BYYEARDAY"} & set(parts):
            return "BYWEEKNO with the weekday left open"
        first = min(set(mine) ^ set(other))
        if (
            "BYSETPOS" in parts
            or first.strftime("%m%d") > "1225"
            or first.strftime("%m%d") < "0107"
        ):
            return "BYWEEKNO across the year end"
    return None


def main(examples: int) -> int:
    told: Counter[str] = Counter()

    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=[*HealthCheck]
    )
    @given(rules(), starts, zones)
    def compare(text: str, start: datetime, timezone: str) -> None:
        try:
            recurrence = parse_rule(text, start, timezone)
        except RuleRefused:
            told["refused"] += 1
            return
        if next(occurrences(recurrence)) != start:
            # They count a start that does not fit; what that means, RFC 5545 leaves open.
            start = next(occurrences(recurrence))
            recurrence = parse_rule(text, start, timezone)
        second = [resolve(at, zone(timezone)) for at in occurrences(recurrence, limit=2)][1:]
        recurrence = parse_rule(text, start, timezone, second)
        horizon = start + timedelta(days=1200)
        mine = between(recurrence, start - timedelta(seconds=1), horizon)
        try:
            other = theirs(text, start, timezone, second, horizon)
        except Exception as failure:
            told[f"they failed: {type(failure).__name__}"] += 1
            return
        other = [at for at in other if start <= at <= horizon]
        misread = [at for at in mine if at.replace(tzinfo=UTC) not in second]
        if mine == other:
            told["agreed"] += 1
        elif other == misread:
            told["an EXDATE in UTC taken for a wall time as well"] += 1
        else:
            unexplained = f"unexplained: {text} from {start} in {timezone}"
            told[cause(text, mine, other) or unexplained] += 1

    compare()
    for verdict, count in told.most_common():
        print(f"{count:6}  {verdict}")
    return int(any(verdict.startswith("unexplained") for verdict in told))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000))
