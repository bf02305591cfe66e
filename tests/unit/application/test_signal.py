"""A signal wakes all who wait for it, whenever they came, and nobody else."""

import asyncio

import pytest

from application.ports.signal import Signal

pytestmark = pytest.mark.anyio


async def test_all_who_wait_are_woken_and_who_comes_later_does_not_wait() -> None:
    signal = Signal()
    waiting = [asyncio.create_task(signal.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    assert not signal.is_set()
    signal.set()
    async with asyncio.timeout(30):
        await asyncio.gather(*waiting)
        await signal.wait()
    assert signal.is_set()
    assert signal.happening().done()


async def test_a_waiter_that_is_cancelled_wakes_no_other() -> None:
    signal = Signal()
    first, second = (asyncio.create_task(signal.wait()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert not second.done()
    signal.set()
    async with asyncio.timeout(30):
        await second


async def test_a_cleared_signal_is_waited_for_again() -> None:
    signal = Signal()
    signal.set()
    assert signal.happening().done()
    signal.clear()
    waiting = asyncio.create_task(signal.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    signal.set()
    async with asyncio.timeout(30):
        await waiting
