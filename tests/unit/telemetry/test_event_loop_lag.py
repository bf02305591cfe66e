"""A piece of work that holds the event loop shows in the metrics."""

import asyncio
import time

import pytest
from prometheus_client import CollectorRegistry

from infrastructure.monitoring import event_loop
from infrastructure.telemetry.metrics import EVENT_LOOP_LAG
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

HELD_SECONDS = 0.02


async def test_what_holds_the_event_loop_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_loop, "SAMPLE_SECONDS", 0.001)
    registry = CollectorRegistry()
    registry.register(EVENT_LOOP_LAG)
    total = "annals_event_loop_lag_seconds_sum"

    def measured() -> float:
        return registry.get_sample_value(total) or 0.0

    async def sampled() -> bool:
        return measured() > before

    before = measured()
    async with event_loop.lag_measured():
        await asyncio.sleep(0)  # the first sample begins
        time.sleep(HELD_SECONDS)  # noqa: ASYNC251 - what must not happen
        await until(sampled)
    assert measured() - before > HELD_SECONDS - 2 * event_loop.SAMPLE_SECONDS
