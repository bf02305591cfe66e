"""Random rules that dateutil and we both understand, from a seed."""

# ruff: noqa: DTZ001 — wall times are naive on purpose

from datetime import datetime, timedelta
from random import Random

from tests.unit.domain.recurrence.rules import WEEKDAYS

# Clocks that change by an hour, by half an hour, for Ramadan, no longer, and never.
ZONES = [
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
]
FREQUENCIES = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]


def random_rule(random: Random) -> str:
    """Return the text of a rule without the parts that `DIFFERENCES` is about."""
    frequency = random.choice(FREQUENCIES)
    parts = {"FREQ": frequency}

    def maybe(name: str, text: str, chance: float = 0.4) -> bool:
        if random.random() < chance:
            parts[name] = text
        return name in parts

    maybe("INTERVAL", str(random.randint(1, 6)))
    maybe("WKST", random.choice(WEEKDAYS))
    chooses = months = maybe("BYMONTH", _numbers(random, 12, both_ends=False))
    if frequency == "YEARLY" and maybe("BYYEARDAY", _numbers(random, 366), 0.2):
        chooses = True
    if frequency != "WEEKLY" and "BYYEARDAY" not in parts:
        # dateutil follows a daily rule that never fires day by day to the year 9999, for seconds:
        # every daily rule here fires.
        chooses |= maybe("BYMONTHDAY", _numbers(random, 28 if frequency == "DAILY" else 31))
    if "BYMONTHDAY" in parts or "BYYEARDAY" in parts:
        # Plain weekdays only: dateutil drops numbered ones beside a day of the month.
        numbered = False
    else:
        numbered = frequency in ("MONTHLY", "YEARLY") and random.random() < 0.5
    highest = 5 if frequency == "MONTHLY" or months else 53
    chooses |= maybe("BYDAY", _weekdays(random, highest if numbered else 0))
    if random.random() < 0.3:
        chooses |= maybe("BYHOUR", _clock(random, 23), 0.8) | maybe("BYMINUTE", _clock(random, 59))
    if chooses and frequency != "WEEKLY":
        highest = 1 if frequency == "DAILY" else 3
        maybe("BYSETPOS", _numbers(random, highest, most=highest), 0.3)
    maybe("COUNT", str(random.randint(1, 60)), 0.3)
    return ";".join(f"{name}={text}" for name, text in parts.items())


def random_start(random: Random) -> datetime:
    """Return a wall time, often in the small hours, when clocks change."""
    day = datetime(1990, 1, 1) + timedelta(days=random.randrange(40 * 365))
    hour = random.choice([0, 1, 2, 3, random.randrange(24)])
    return day.replace(hour=hour, minute=random.choice([0, 15, 30, random.randrange(60)]))


def _numbers(random: Random, highest: int, *, most: int = 4, both_ends: bool = True) -> str:
    pool = [*range(1, highest + 1), *(range(-highest, 0) if both_ends else ())]
    return ",".join(map(str, random.sample(pool, random.randint(1, most))))


def _clock(random: Random, highest: int) -> str:
    return ",".join(map(str, random.sample(range(highest + 1), random.randint(1, 3))))


def _weekdays(random: Random, highest: int) -> str:
    days = random.sample(WEEKDAYS, random.randint(1, 4))
    if not highest:
        return ",".join(days)
    return ",".join(
        f"{random.choice([-1, 1]) * random.randint(1, min(highest, 5))}{day}" for day in days
    )
