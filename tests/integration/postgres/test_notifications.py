"""Notifications that nobody waits for take up no more memory than some of them."""

import asyncio

import psycopg
import pytest

from infrastructure.postgres.connections import MAX_NOTIFICATIONS_KEPT, connect
from infrastructure.postgres.notifications import wait_for_notification
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

SENT = 10 * MAX_NOTIFICATIONS_KEPT


async def test_a_connection_that_is_always_busy_keeps_some_notifications(database_url: str) -> None:
    async with await connect(database_url) as busy, await connect(database_url) as idle:
        for listener in (busy, idle):
            await listener.execute("LISTEN growth")
        received = [asyncio.create_task(_all(idle))]
        with psycopg.connect(database_url, autocommit=True) as sender:
            for number in range(SENT):
                sender.execute("SELECT pg_notify('growth', %s)", (str(number),))
                await busy.execute("SELECT 1")  # receives what was sent so far
        assert await asyncio.gather(*received) == [SENT]  # so that all were sent
        kept = [notification.payload async for notification in busy.notifies(timeout=0)]
        assert kept == [str(number) for number in range(SENT)][-MAX_NOTIFICATIONS_KEPT:]


async def test_a_notification_that_came_before_the_wait_ends_it(database_url: str) -> None:
    async with await connect(database_url) as listener, await connect(database_url) as sender:
        await listener.execute("LISTEN growth")
        for payload in ("one", "two"):
            await sender.execute("SELECT pg_notify('growth', %s)", (payload,))

        async def received() -> bool:
            await listener.execute("SELECT 1")
            return bool(listener._notifies_backlog)

        await until(received)
        async with asyncio.timeout(30):
            await wait_for_notification(listener, timeout_seconds=60, payload="two")


async def _all(connection: psycopg.AsyncConnection) -> int:
    count = 0
    async for _ in connection.notifies(timeout=10, stop_after=SENT):
        count += 1
    return count
