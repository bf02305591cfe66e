"""A process goes on telling what it can find out, whatever it cannot."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from prometheus_client.core import GaugeMetricFamily, Metric
from psycopg import AsyncConnection
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from infrastructure.monitoring import server
from infrastructure.monitoring.queue_metrics import QueueMetrics
from infrastructure.monitoring.server import Monitor

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[Any]


async def redis_is_away(connection: Connection) -> Iterable[Metric]:
    return await QueueMetrics(Redis(port=1, retry=Retry(NoBackoff(), 0)))(connection)


async def nonsense(_connection: Connection) -> Iterable[Metric]:
    raise KeyError("message_timestamp")


async def bad_question(connection: Connection) -> Iterable[Metric]:
    await connection.execute("SELECT * FROM nothing_of_that_name")
    return ()


async def hangs(_connection: Connection) -> Iterable[Metric]:
    await asyncio.Event().wait()
    return ()


async def overdue(connection: Connection) -> Iterable[Metric]:
    cursor = await connection.execute("SELECT 7")
    [value] = await cursor.fetchone() or (0,)
    return [GaugeMetricFamily("annals_reminders_overdue", "Should have rung", value=value)]


@pytest.mark.parametrize("fault", [redis_is_away, nonsense, bad_question, hangs])
async def test_what_cannot_be_found_out_takes_nothing_else_along(
    database_url: str, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PROBE_TIMEOUT_SECONDS", 4.0)
    watched = Monitor(database_url, "schedule")
    watched.add_probe(fault, overdue)
    told = (await watched.metrics()).decode()
    assert "\nannals_reminders_overdue 7.0\n" in told
    assert "\nannals_database_up 1.0\n" in told


async def test_a_queue_that_cannot_be_read_is_a_server_that_is_away(
    database_url: str,
) -> None:
    async with await AsyncConnection.connect(database_url) as connection:
        with pytest.raises(OSError, match="Redis cannot be read"):
            await redis_is_away(connection)


async def test_without_a_database_what_only_it_knows_is_left_out(database_url: str) -> None:
    watched = Monitor(database_url.rpartition("/")[0] + "/nothing", "schedule")
    watched.add_probe(overdue)
    told = (await watched.metrics()).decode()
    assert "\nannals_reminders_overdue" not in told
    assert "\nannals_database_up 0.0\n" in told
