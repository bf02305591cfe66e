"""python-dateutil's occurrences are ours, but for the differences named here."""

# ruff: noqa: DTZ001 — wall times are naive on purpose

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from dateutil.tz import resolve_imaginary

from domain.errors import RuleRefused
from domain.recurrence.local_time import resolve, zone
from domain.recurrence.recurrence import between, parse_rule
from tests.oracle.random_rules import ZONES, random_rule, random_start
from tests.support.seed import seeded

RULES = 600
SECOND = timedelta(seconds=1)


def dateutil(text: str, start: datetime, horizon: datetime) -> list[datetime]:
    """Return dateutil's wall times from the start to the horizon, both included."""
    parts = dict(part.split("=") for part in text.split(";"))
    count = int(parts.pop("COUNT", 0))
    # With UNTIL it stops there: a rule that never fires it would follow to the year 9999.
    parts["UNTIL"] = f"{horizon:%Y%m%dT%H%M%S}"
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    return list(islice(rrulestr(f"RRULE:{rule}", dtstart=start), count or None))


def ours(text: str, start: datetime, horizon: datetime, timezone: str = "UTC") -> list[datetime]:
    return between(parse_rule(text, start, timezone), start - SECOND, horizon)


def by_dateutil(at: datetime, timezone: str) -> datetime:
    """Return the instant of a wall time as dateutil finds it, in a gap and in a fold too."""
    return resolve_imaginary(at.replace(tzinfo=zone(timezone))).astimezone(UTC)


def test_random_rules_have_the_same_occurrences_and_instants() -> None:
    random = seeded("dateutil")
    fired = changes = 0
    for number in range(RULES):
        text, start, timezone = random_rule(random), random_start(random), random.choice(ZONES)
        about = f"rule {number}: {text} from {start} in {timezone}"
        horizon = start + timedelta(days=4_400 if "YEARLY" in text else 1_100)
        theirs = dateutil(text, start, horizon)
        try:
            found = ours(text, start, horizon, timezone)
        except RuleRefused:
            assert theirs == [], f"refused, but it fires: {about}"
            continue
        assert found == theirs, about
        fired += bool(found)
        for at in found:
            instant = resolve(at, zone(timezone))
            assert instant == by_dateutil(at, timezone), f"{at}: {about}"
        offsets = {at.replace(tzinfo=zone(timezone)).utcoffset() for at in found}
        changes += len(offsets) > 1
    # The comparison is about something: most rules fire, and many across a change of clocks.
    assert fired > RULES // 2
    assert changes > RULES // 5


# Each is a rule, its start, its first occurrences by RFC 5545 and by us, and by dateutil.
DIFFERENCES = {
    "plain and numbered weekdays add up; dateutil wants both at once": (
        "FREQ=MONTHLY;BYDAY=1MO,FR",
        datetime(2026, 6, 1, 9),
        ["2026-06-01", "2026-06-05", "2026-06-12", "2026-06-19"],
        [],
    ),
    "positions count in the whole week; dateutil's first week begins at the start": (
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2",
        datetime(2026, 6, 3, 9),
        ["2026-06-09", "2026-06-16"],
        ["2026-06-04", "2026-06-09"],
    ),
    "a numbered week alone keeps the weekday of the start; dateutil takes all seven days": (
        "FREQ=YEARLY;BYWEEKNO=20",
        datetime(2026, 1, 1, 9),
        ["2026-05-14", "2027-05-20"],
        ["2026-05-11", "2026-05-12", "2026-05-13"],
    ),
    "a numbered week belongs whole to its year; dateutil counts its days by the calendar year": (
        "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=MO,SU",
        datetime(2024, 12, 30, 9),
        ["2024-12-30", "2025-01-05", "2027-01-04", "2027-01-10"],
        ["2024-12-30", "2026-01-04"],
    ),
}


@pytest.mark.parametrize(
    ("text", "start", "mine", "theirs"), DIFFERENCES.values(), ids=DIFFERENCES.keys()
)
def test_a_known_difference_is_as_documented(
    text: str, start: datetime, mine: list[str], theirs: list[str]
) -> None:
    horizon = start + timedelta(days=1_500)
    assert [f"{at:%Y-%m-%d}" for at in ours(text, start, horizon)][: len(mine)] == mine
    found = [f"{at:%Y-%m-%d}" for at in dateutil(text, start, horizon)]
    assert found[: len(theirs)] == theirs if theirs else found == []
