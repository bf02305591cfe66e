"""What cannot be kept is refused, politely and at once."""

# ruff: noqa: DTZ001 — wall times are naive on purpose

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import RuleRefused
from domain.recurrence.local_time import resolve, zone
from domain.recurrence.recurrence import MOST_EXCLUDED, next_after, occurrences, parse_rule
from tests.support.cost import lines_run

START = datetime(2026, 5, 1, 9)
LONG_AGO = datetime(1026, 1, 31, 9)
MOST_LINES = 1_000_000  # 50 ms on two cores of 2026
EVERY_DAY = "MO,TU,WE,TH,FR,SA,SU"


def numbers(least: int, most: int) -> str:
    return ",".join(map(str, range(least, most + 1)))


SLOW_ELSEWHERE = [
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
    "FREQ=DAILY;INTERVAL=29;BYMONTHDAY=31;BYDAY=MO;COUNT=10000",
    "FREQ=DAILY;INTERVAL=21;BYMONTHDAY=31;BYDAY=MO",
    "FREQ=DAILY;INTERVAL=189;BYMONTH=2;BYMONTHDAY=29",
    f"FREQ=DAILY;BYHOUR={numbers(0, 23)};BYMINUTE=0,30;BYSETPOS=-48;COUNT=10000",
    "FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=3",
    f"FREQ=WEEKLY;BYMONTH=1,3,5,7,9,11;BYDAY={EVERY_DAY};BYSETPOS=-7;COUNT=10000",
    "FREQ=MONTHLY;BYDAY=5FR;BYMONTHDAY=-28;COUNT=10000",
    "FREQ=MONTHLY;BYMONTHDAY=-31,31,30,29;BYDAY=MO;BYSETPOS=2;COUNT=10000",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=10000",
    f"FREQ=YEARLY;BYDAY={EVERY_DAY};BYHOUR={numbers(0, 23)};BYSETPOS=366;COUNT=10000",
    f"FREQ=YEARLY;BYWEEKNO={numbers(1, 53)};BYYEARDAY={numbers(1, 100)};BYSETPOS=366",
    "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=SECONDLY",
    "FREQ=DAILY;" * 10_000,
    "FREQ=YEARLY;BYDAY=" + "MO," * 100_000,
]


@pytest.mark.parametrize("text", SLOW_ELSEWHERE, ids=lambda text: text[:70])
def test_no_rule_costs_more_than_a_preview_may(text: str) -> None:
    def preview() -> None:
        with suppress(RuleRefused):
            recurrence = parse_rule(text, LONG_AGO, "Europe/Berlin")
            list(occurrences(recurrence, START, limit=5))

    assert lines_run(preview) < MOST_LINES


def test_a_thousand_excluded_dates_around_a_change_of_clocks_cost_no_more() -> None:
    change = datetime(2026, 3, 8, 7, tzinfo=UTC)
    excluded = [change + timedelta(seconds=n) for n in range(MOST_EXCLUDED)]

    def parse() -> None:
        parse_rule(f"FREQ=DAILY;BYHOUR={numbers(0, 23)}", START, "America/New_York", excluded)

    assert lines_run(parse) < MOST_LINES


def test_more_than_a_thousand_excluded_dates_are_refused() -> None:
    too_many = [START + timedelta(days=n) for n in range(MOST_EXCLUDED + 1)]
    with pytest.raises(RuleRefused) as refused:
        parse_rule("FREQ=DAILY", START, "UTC", too_many)
    assert refused.value.part == "exdates"


@pytest.mark.parametrize("excluded", ["tomorrow", "", "2026-02-30", "20260501T090000ZZ"])
def test_an_excluded_date_that_is_none_is_refused(excluded: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        parse_rule("FREQ=DAILY", START, "UTC", [excluded])
    assert refused.value.part == "exdates"


@pytest.mark.parametrize(
    "start", [START.replace(tzinfo=UTC), datetime(999, 1, 1), datetime(3000, 1, 1)]
)
def test_a_start_is_a_wall_time_within_reach(start: datetime) -> None:
    with pytest.raises(RuleRefused) as refused:
        parse_rule("FREQ=DAILY", start, "UTC")
    assert refused.value.part == "dtstart"


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "", "../UTC", "/etc/passwd", "Europe/Berln"])
def test_a_zone_is_one_the_package_knows(timezone: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        parse_rule("FREQ=DAILY", START, timezone)
    assert refused.value.part == "timezone"


def test_until_9999_means_for_as_long_as_there_are_years() -> None:
    recurrence = parse_rule("FREQ=YEARLY;UNTIL=99991231T235959Z", START, "Asia/Tokyo")
    assert next_after(recurrence, datetime(2998, 12, 31)) == datetime(2999, 5, 1, 9)
    assert next_after(recurrence, datetime(2999, 5, 1, 9)) is None
    assert next_after(recurrence, datetime(9999, 12, 31)) is None


PIECES = st.one_of(
    st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY", "UNTIL=20271231"]),
    st.sampled_from(["INTERVAL=", "COUNT=", "BYDAY=", "BYMONTHDAY=", "BYMONTH=", "BYWEEKNO="]),
    st.sampled_from(["BYYEARDAY=", "BYSETPOS=", "BYHOUR=", "WKST=", "UNTIL=", "T000000Z"]),
    st.sampled_from([";", ";", ",", "-", "0", "1", "2", "13", "29", "31", "366", "MO", "-1FR"]),
)
texts = st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60)


@given(texts, st.datetimes(), st.lists(st.text(max_size=20) | st.datetimes().map(str), max_size=3))
def test_no_text_raises_anything_but_a_refusal(
    text: str, start: datetime, excluded: list[str]
) -> None:
    with suppress(RuleRefused):
        recurrence = parse_rule(text, start, "America/New_York", excluded)
        for at in occurrences(recurrence, limit=3):
            resolve(at, zone(recurrence.timezone))
