"""Streams are limited for all processes together, and the slots of a dead process become free."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis

from application.ports.limits import TooManyStreams
from infrastructure.limits import concurrency_limit
from infrastructure.limits.concurrency_limit import RedisStreamLimit
from infrastructure.limits.redis_client import open_redis
from tests.support.facts import ADA, BOB
from tests.support.waiting import until


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_url)
    yield client
    await client.aclose()


def process(redis: Redis | None) -> RedisStreamLimit:
    return RedisStreamLimit(redis, kind="sse", most=3)


async def is_full(limit: RedisStreamLimit) -> bool:
    try:
        async with limit.acquire(ADA):
            return False
    except TooManyStreams:
        return True


async def test_the_limit_of_an_account_holds_over_all_processes(redis: Redis) -> None:
    one, other = process(redis), process(redis)
    async with one.acquire(ADA), other.acquire(ADA), one.acquire(ADA):
        assert await is_full(one)
        assert await is_full(other)
        async with other.acquire(BOB):
            pass
    assert not await is_full(other)
    assert (one.open_here, other.open_here) == (0, 0)


async def test_simultaneous_requests_never_exceed_the_limit(redis: Redis) -> None:
    processes = [process(redis) for _ in range(4)]
    async with AsyncExitStack() as stay:
        comers = [p.acquire(ADA) for p in processes for _ in range(3)]
        found = await asyncio.gather(
            *(stay.enter_async_context(slot) for slot in comers), return_exceptions=True
        )
        assert sum(isinstance(answer, TooManyStreams) for answer in found) == len(comers) - 3
    assert not await is_full(processes[0])


async def test_the_slots_of_a_killed_process_are_free_once_it_counts_as_dead(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concurrency_limit, "LIFE_SECONDS", 2.0)
    monkeypatch.setattr(concurrency_limit, "HEARTBEAT_SECONDS", 0.1)
    killed, other = process(redis), process(redis)
    began = time.monotonic()
    async with killed.acquire(ADA), killed.acquire(ADA), other.acquire(ADA):
        await has_sent_a_heartbeat(redis, killed)
        assert await is_full(other)
        assert killed._heartbeat_task
        killed._heartbeat_task.cancel()

        async def one_is_free() -> bool:
            return not await is_full(other)

        await until(one_is_free)
        assert time.monotonic() - began >= concurrency_limit.LIFE_SECONDS
        # The one that lives has kept its own.
        async with other.acquire(ADA), other.acquire(ADA):
            assert await is_full(process(redis))


async def test_slots_are_acquired_again_after_redis_lost_them(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concurrency_limit, "HEARTBEAT_SECONDS", 0.05)
    one, other = process(redis), process(redis)
    async with one.acquire(ADA), one.acquire(ADA), one.acquire(ADA):
        await redis.flushall()

        async def full_again() -> bool:
            return await is_full(other)

        await until(full_again)


async def test_a_process_without_redis_counts_for_itself() -> None:
    one, other = process(None), process(None)
    async with one.acquire(ADA), one.acquire(ADA), one.acquire(ADA):
        assert await is_full(one)
        assert not await is_full(other)


async def test_a_process_without_streams_sends_no_heartbeats(redis: Redis) -> None:
    one = process(redis)
    async with one.acquire(ADA):
        assert one._heartbeat_task
    assert one._heartbeat_task is None


async def has_sent_a_heartbeat(redis: Redis, limit: RedisStreamLimit) -> None:
    async def there() -> bool:
        return await redis.zscore("annals:seats:sse", limit._process) is not None

    await until(there)


async def test_the_newest_stream_of_a_device_takes_the_place_of_its_predecessor(
    redis: Redis | None,
) -> None:
    for limit in (process(redis), process(None)):
        async with (
            limit.acquire(ADA, device="tablet") as tablet,
            limit.acquire(ADA, device="phone") as phone,
            limit.acquire(ADA) as nameless,
        ):
            assert await is_full(limit)
            async with limit.acquire(ADA, device="phone") as newer:
                assert phone.is_set()
                assert [event.is_set() for event in (tablet, nameless, newer)] == [False] * 3
                assert await is_full(limit)
                async with limit.acquire(BOB, device="phone"):
                    assert not newer.is_set()
            async with limit.acquire(ADA):
                assert await is_full(limit)
        assert limit.open_here == 0


async def test_a_device_is_known_in_all_processes(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concurrency_limit, "HEARTBEAT_SECONDS", 0.05)
    one, other = process(redis), process(redis)
    async with (
        one.acquire(ADA, device="phone") as before,
        one.acquire(ADA),
        one.acquire(ADA),
        other.acquire(ADA, device="phone") as newer,
    ):
        await asyncio.wait_for(before.wait(), 10)
        assert not newer.is_set()
        assert one.open_here == 2
        assert await is_full(other)
