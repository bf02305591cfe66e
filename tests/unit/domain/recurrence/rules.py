"""Random rules that RFC 5545 allows, for hypothesis."""

# ruff: noqa: DTZ001 — wall times are naive on purpose

from datetime import datetime

from hypothesis import strategies as st

WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
ZONES = [
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Pacific/Apia",
]

starts = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)).map(
    lambda at: at.replace(microsecond=0, fold=0)
)
zones = st.sampled_from(ZONES)


def _numbers(highest: int, most: int = 4, *, from_end: bool = True) -> st.SearchStrategy[str]:
    number = st.integers(1, highest)
    if from_end:
        number = number | st.integers(-highest, -1)
    return st.lists(number, min_size=1, max_size=most, unique=True).map(
        lambda numbers: ",".join(map(str, numbers))
    )


def _clock(highest: int) -> st.SearchStrategy[str]:
    return st.lists(st.integers(0, highest), min_size=1, max_size=3, unique=True).map(
        lambda numbers: ",".join(map(str, numbers))
    )


def _weekdays(highest: int = 0) -> st.SearchStrategy[str]:
    day = st.sampled_from(WEEKDAYS)
    if highest:
        nth = st.sampled_from(["", *map(str, range(1, highest + 1)), *map(str, range(-highest, 0))])
        day = st.builds(str.__add__, nth, day)
    return st.lists(day, min_size=1, max_size=5, unique=True).map(",".join)


@st.composite
def rules(draw: st.DrawFn, *, endless: bool = False) -> str:
    """Draw the text of a rule without UNTIL that may or may not ever fire."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}"]

    def maybe(name: str, values: st.SearchStrategy[str]) -> bool:
        if given := draw(st.booleans()):
            parts.append(f"{name}={draw(values)}")
        return given

    maybe("INTERVAL", st.integers(1, 13).map(str))
    maybe("WKST", st.sampled_from(WEEKDAYS))
    chooses = months = maybe("BYMONTH", _numbers(12, from_end=False))
    numbered_weeks = False
    if frequency == "YEARLY":
        numbered_weeks = maybe("BYWEEKNO", _numbers(53) | st.sampled_from(["1", "53", "-1", "52"]))
        chooses |= numbered_weeks
        if draw(st.integers(0, 3)) == 0:
            chooses |= maybe("BYYEARDAY", _numbers(366, 8))
    if frequency != "WEEKLY" and draw(st.booleans()):
        chooses |= maybe("BYMONTHDAY", _numbers(31, 8))
    highest = {"MONTHLY": 5, "YEARLY": 5 if months else 53}.get(frequency, 0)
    chooses |= maybe("BYDAY", _weekdays(0 if numbered_weeks else highest))
    if draw(st.integers(0, 3)) == 0:
        chooses |= maybe("BYHOUR", _clock(23)) | maybe("BYMINUTE", _clock(59))
    if chooses:
        positions = st.sampled_from(["1", "-1", "2"]) if frequency == "DAILY" else _numbers(8, 3)
        maybe("BYSETPOS", positions)
    if not endless:
        maybe("COUNT", st.integers(1, 60).map(str))
    return ";".join(parts)
