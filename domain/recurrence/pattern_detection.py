"""Finds the rule behind days at regular intervals."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from statistics import median

MIN_TIMES = 3
TOLERANCE = 1  # days
LONGEST = 400  # days

# Intervals vary by a day; these are the rules that people mean by them.
_WEEKS = {days: f"FREQ=WEEKLY;INTERVAL={days // 7}" for days in (7, 14, 21, 28)}
_NAMED = _WEEKS | {1: "FREQ=DAILY", 7: "FREQ=WEEKLY"}
_MONTHS = {1: (28, 31), 2: (59, 62), 3: (89, 92), 6: (181, 184), 12: (365, 366)}


def detect_rule(days: Sequence[date]) -> str | None:
    """Return the rule (RFC 5545) by which these days follow each other, in order, if there is one.

    At least three days are needed, and no gap may differ from the usual one by more than a day.
    """
    gaps = [(after - before).days for before, after in pairwise(days)]
    if len(days) < MIN_TIMES or min(gaps) < 1:
        return None
    for months, (least, most) in _MONTHS.items():
        # A month has its own length: the date stays, within a day, or it is no month.
        if all(least - TOLERANCE <= gap <= most + TOLERANCE for gap in gaps) and _same_date(days):
            return f"FREQ=MONTHLY;INTERVAL={months}" if 1 < months < 12 else _single(months)
    middle = median(gaps)
    usual = next((days for days in _WEEKS if abs(days - middle) < TOLERANCE), round(middle))
    if usual > LONGEST or any(abs(gap - usual) > TOLERANCE for gap in gaps):
        return None
    return _NAMED.get(usual, f"FREQ=DAILY;INTERVAL={usual}")


def _single(months: int) -> str:
    return "FREQ=YEARLY" if months == 12 else "FREQ=MONTHLY"


def _same_date(days: Sequence[date]) -> bool:
    dates = [day.day for day in days]
    return max(dates) - min(dates) <= TOLERANCE
