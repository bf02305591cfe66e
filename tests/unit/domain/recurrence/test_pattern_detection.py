"""A steady pace is noticed, with a day's grace, and nothing else is."""

from datetime import date, timedelta
from itertools import accumulate

import pytest

from domain.recurrence.pattern_detection import detect_rule

MONDAY = date(2026, 1, 5)


@pytest.mark.parametrize(
    ("gaps", "rule"),
    [
        ([1, 1], "FREQ=DAILY"),
        ([2, 2], "FREQ=DAILY;INTERVAL=2"),
        ([7, 7], "FREQ=WEEKLY"),
        ([7, 6], "FREQ=WEEKLY"),
        ([6, 8, 7], "FREQ=WEEKLY"),
        ([14, 14], "FREQ=WEEKLY;INTERVAL=2"),
        ([10, 11, 10], "FREQ=DAILY;INTERVAL=10"),
        ([28, 28], "FREQ=WEEKLY;INTERVAL=4"),
        ([31, 28, 31], "FREQ=MONTHLY"),
        ([365, 365], "FREQ=YEARLY"),
        ([59, 61], "FREQ=MONTHLY;INTERVAL=2"),
        ([7], None),
        ([7, 10], None),
        ([1, 7, 30], None),
        ([0, 0], None),
        ([500, 500], None),
    ],
)
def test_days_at_these_gaps_amount_to_this_rule(gaps: list[int], rule: str | None) -> None:
    days = [MONDAY + timedelta(days=passed) for passed in accumulate([0, *gaps])]
    assert detect_rule(days) == rule
