"""Finding the next occurrence of rules that began thirty years ago, beside dateutil's walk."""

# ruff: noqa: DTZ001 — wall times are naive on purpose

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle
from time import perf_counter

from dateutil.rrule import rrulestr

from domain.recurrence.local_time import resolve, zone
from domain.recurrence.recurrence import next_after, parse_rule
from tests.bench.figures import Figure

START, NOW = datetime(1996, 11, 22, 9), datetime(2026, 11, 22, 12)
ORDINARY = [
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15",
    "FREQ=YEARLY",
    "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
    "FREQ=DAILY;COUNT=10000",
]
TIMES = 5_000


def run() -> list[Figure]:
    where = zone("Europe/Berlin")
    ours = [parse_rule(text, START, "Europe/Berlin") for text in ORDINARY]
    theirs = [rrulestr(text, dtstart=START) for text in ORDINARY]
    upcoming, walked = iter(cycle(ours)), iter(cycle(theirs))
    day = cycle(timedelta(days=n) for n in range(365))

    def find() -> None:
        if found := next_after(next(upcoming), NOW + next(day)):
            resolve(found, where)

    def walk() -> None:
        next(walked).after(NOW + next(day))

    parsing = cycle(ORDINARY)
    jump, baseline = _p99(find, TIMES), _p99(walk, 20 * len(ORDINARY))
    reading = _p99(lambda: parse_rule(next(parsing), START, "Europe/Berlin"), TIMES)
    return [
        Figure(
            what="next occurrence of an ordinary rule begun 30 years ago, p99",
            value=jump,
            unit="ms",
            goal=1.0,
            aim=0.3,
            at_most=True,
            note=f"dateutil walks there in {baseline:.0f} ms",
        ),
        Figure(
            what="reading an ordinary rule, p99",
            value=reading,
            unit="ms",
            goal=50,
            aim=10,
            at_most=True,
        ),
    ]


def _p99(action: Callable[[], object], times: int) -> float:
    """Return the 99th percentile of the time an action takes, in ms."""

    def cost() -> float:
        began = perf_counter()
        action()
        return (perf_counter() - began) * 1_000

    return sorted(cost() for _ in range(times))[int(times * 0.99)]
