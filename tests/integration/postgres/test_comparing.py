"""A process compares the database with what it knows, even while all its connections stay open."""

import pytest
from structlog.testing import capture_logs

from infrastructure.postgres import comparing
from infrastructure.postgres.comparing import histories_compared
from infrastructure.postgres.connections import connect
from infrastructure.telemetry.metrics import CLOCK_OFFSET
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


async def test_an_open_connection_is_outdated_once_another_history_began(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "COMPARE_SECONDS", 0.05)
    async with (
        histories_compared(database_url, name="test"),
        await connect(database_url) as connection,
    ):
        assert not connection.outdated
        await connection.execute("SELECT annals_begin_history()")

        async def outdated() -> bool:
            return connection.outdated

        await until(outdated)


async def test_a_new_connection_is_opened_now_and_then(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "COMPARE_SECONDS", 0.01)
    seen: set[int] = set()
    async with (
        histories_compared(database_url, name="test"),
        await connect(database_url) as connection,
    ):

        async def two_seen() -> bool:
            cursor = await connection.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE application_name = 'annals test compare' AND datname = current_database()"
            )
            seen.update(pid for (pid,) in await cursor.fetchall())
            return len(seen) > 1

        await until(two_seen)


async def test_a_clock_that_differs_from_the_databases_is_a_warning(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for most, warnings in ((1.0, 0), (-1.0, 1)):  # clocks of one machine never differ by a second
        monkeypatch.setattr(comparing, "MAX_OFFSET_SECONDS", most)
        with capture_logs() as logs:
            async with histories_compared(database_url, name="test"):
                pass
        assert len([line for line in logs if line["event"] == "clock_differs"]) == warnings
    assert abs(CLOCK_OFFSET._value.get()) < 1
