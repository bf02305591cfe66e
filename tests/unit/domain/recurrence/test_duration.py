"""Lengths of time: a day is what the calendar of a zone says, an hour is an hour."""

from datetime import UTC, datetime

import pytest

from domain.errors import DurationRefused
from domain.recurrence.duration import Duration, duration
from domain.recurrence.local_time import resolve, zone

NEW_YORK = zone("America/New_York")


@pytest.mark.parametrize(
    ("text", "days", "seconds"),
    [
        ("P1D", 1, 0),
        ("P2W", 14, 0),
        ("PT24H", 0, 86_400),
        ("P1DT1H30M5S", 1, 5_405),
        ("PT90M", 0, 5_400),
        ("P0D", 0, 0),
        ("pt15m", 0, 900),
    ],
)
def test_a_duration_is_read_as_iso_8601_says(text: str, days: int, seconds: int) -> None:
    assert duration("before", text) == Duration(days=days, seconds=seconds)


@pytest.mark.parametrize("text", ["", "P", "PT", "1D", "P1H", "P-1D", "P1Y", "P1DT", "P9999W"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(DurationRefused):
        duration("before", text)


@pytest.mark.parametrize(
    ("local", "before", "instant"),
    [
        ("2026-03-08T09:00", "P1D", "2026-03-07T14:00Z"),
        ("2026-03-08T09:00", "PT24H", "2026-03-07T13:00Z"),
        ("2026-03-08T03:30", "PT2H", "2026-03-08T05:30Z"),
        ("2026-03-09T02:30", "P1D", "2026-03-08T07:30Z"),  # 02:30 was skipped that night
        ("2026-11-02T01:30", "P1D", "2026-11-01T05:30Z"),  # 01:30 came twice: the first
        ("2026-11-02T01:30", "PT24H", "2026-11-01T06:30Z"),
    ],
)
def test_days_follow_the_wall_clock_and_hours_do_not(local: str, before: str, instant: str) -> None:
    due = resolve(datetime.fromisoformat(local), NEW_YORK)
    expected = datetime.fromisoformat(instant)
    assert duration("before", before).earlier(due, NEW_YORK) == expected


def test_adding_days_many_times_keeps_the_wall_clock() -> None:
    start = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)  # 09:00 in New York
    assert Duration(days=1).later(start, NEW_YORK, times=10) == datetime(
        2026, 3, 11, 13, 0, tzinfo=UTC
    )
