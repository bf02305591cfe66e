"""The notifier of the log's growth has one connection, however slowly and badly it connects."""

import asyncio
from functools import partial

import psycopg
import pytest
from psycopg import AsyncConnection

from infrastructure.postgres.connections import DatabaseConnection, connect
from infrastructure.store import growth_notifier
from infrastructure.store.event_log import CHANNEL
from infrastructure.store.growth_notifier import NOTIFY_INTERVAL_SECONDS, GrowthNotifier
from tests.support.waiting import until

pytestmark = pytest.mark.anyio
NAME = "annals growth"


class SlowDatabase:
    """Takes longer to connect than notifications are apart, and refuses every other attempt."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connecting = 0
        self.attempts = 0
        self.most_at_once = 0

    async def connect(self) -> DatabaseConnection:
        self.attempts += 1
        self._connecting += 1
        self.most_at_once = max(self.most_at_once, self._connecting)
        refused = self.attempts % 2 == 1
        try:
            await asyncio.sleep(2 * NOTIFY_INTERVAL_SECONDS)
            if refused:
                raise psycopg.OperationalError("the server is starting up")
            return await connect(self._url, name=NAME)
        finally:
            self._connecting -= 1


async def connections(watcher: AsyncConnection[tuple[int]]) -> int:
    cursor = await watcher.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", (NAME,)
    )
    [(count,)] = await cursor.fetchall()
    return count


async def test_the_first_commit_after_a_pause_is_notified_without_waiting(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth_notifier, "NOTIFY_INTERVAL_SECONDS", 3_600.0)
    notifier = GrowthNotifier(partial(connect, database_url, name=NAME))
    async with await connect(database_url) as listener:
        await listener.execute(f"LISTEN {CHANNEL}")
        notifier.log_has_grown()
        assert [heard.channel async for heard in listener.notifies(timeout=20, stop_after=1)]
    await notifier.close()


async def test_one_connection_is_opened_at_a_time_and_none_is_left(database_url: str) -> None:
    database = SlowDatabase(database_url)
    notifier = GrowthNotifier(database.connect)
    async with await connect(database_url) as listener, await connect(database_url) as watcher:
        await listener.execute(f"LISTEN {CHANNEL}")

        async def connected() -> bool:
            notifier.log_has_grown()
            return await connections(watcher) == 1

        await until(connected)
        notifier.log_has_grown()
        assert [heard.channel async for heard in listener.notifies(timeout=20, stop_after=1)]
        await watcher.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
            (NAME,),
        )
        lost = database.attempts

        async def connects_again() -> bool:
            notifier.log_has_grown()
            return database.attempts > lost

        await until(connects_again)
        notifier.log_has_grown()
        await notifier.close()  # while it connects

        async def none_left() -> bool:
            return await connections(watcher) == 0

        await until(none_left)
    assert database.most_at_once == 1
