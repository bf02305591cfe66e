"""A database that is away says so once, then once a minute, and once when it is back."""

from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from infrastructure.postgres.outages import OutageLog


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


def test_an_outage_of_three_minutes_is_four_lines(logged: list[Any]) -> None:
    now = 100.0
    outage = OutageLog(lambda: now)
    while now < 270:
        outage.lost(ConnectionRefusedError("refused"))
        now += 0.25
    outage.answered()
    outage.answered()
    assert [line["event"] for line in logged] == [
        "database_lost",
        "database_away",
        "database_away",
        "database_back",
    ]
    assert logged[-1]["failures"] == 680


def test_a_connection_that_opens_and_is_lost_at_once_adds_no_lines(logged: list[Any]) -> None:
    now = 100.0
    outage = OutageLog(lambda: now)
    while now < 104:
        outage.lost(ConnectionResetError("reset"))
        outage.answered()
        now += 0.2
    assert [line["event"] for line in logged] == ["database_lost", "database_back"]


def test_a_database_that_was_never_lost_is_not_said_to_be_back(logged: list[Any]) -> None:
    OutageLog().answered()
    assert logged == []
