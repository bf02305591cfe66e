"""Seats are counted once for all processes, and a process that dies leaves none behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis

from infrastructure.limits import concurrency_limit
from infrastructure.limits.concurrency_limit import StreamLimit, TooManyStreams
from infrastructure.limits.redis_client import open_redis
from tests.support.facts import ADA, BOB
from tests.support.waiting import until


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_url)
    yield client
    await client.aclose()


def process(redis: Redis | None) -> StreamLimit:
    return StreamLimit(redis, kind="sse", most=3)


async def is_full(seats: StreamLimit) -> bool:
    try:
        async with seats.acquire(ADA):
            return False
    except TooManyStreams:
        return True


async def test_an_account_has_so_many_over_all_processes_and_no_more(redis: Redis) -> None:
    one, other = process(redis), process(redis)
    async with one.acquire(ADA), other.acquire(ADA), one.acquire(ADA):
        assert await is_full(one)
        assert await is_full(other)
        async with other.acquire(BOB):
            pass
    assert not await is_full(other)
    assert (one.open_here, other.open_here) == (0, 0)


async def test_no_more_than_that_get_in_who_come_at_once(redis: Redis) -> None:
    processes = [process(redis) for _ in range(4)]
    async with AsyncExitStack() as stay:
        comers = [p.acquire(ADA) for p in processes for _ in range(3)]
        found = await asyncio.gather(
            *(stay.enter_async_context(seat) for seat in comers), return_exceptions=True
        )
        assert sum(isinstance(answer, TooManyStreams) for answer in found) == len(comers) - 3
    assert not await is_full(processes[0])


async def test_what_a_killed_process_held_is_free_once_it_counts_as_dead(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concurrency_limit, "LIFE_SECONDS", 0.6)
    monkeypatch.setattr(concurrency_limit, "HEARTBEAT_SECONDS", 0.1)
    killed, other = process(redis), process(redis)
    async with killed.acquire(ADA), killed.acquire(ADA), other.acquire(ADA):
        await beats(redis, killed)
        assert await is_full(other)
        assert killed._beating
        killed._beating.cancel()

        async def one_is_free() -> bool:
            return not await is_full(other)

        waited = await until(one_is_free, within=5)
        assert waited > 0.3
        # The one that lives has kept its own.
        async with other.acquire(ADA), other.acquire(ADA):
            assert await is_full(process(redis))


async def test_seats_are_claimed_anew_when_redis_forgot_them(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concurrency_limit, "HEARTBEAT_SECONDS", 0.05)
    one, other = process(redis), process(redis)
    async with one.acquire(ADA), one.acquire(ADA), one.acquire(ADA):
        await redis.flushall()

        async def full_again() -> bool:
            return await is_full(other)

        await until(full_again, within=5)


async def test_a_process_without_redis_counts_for_itself() -> None:
    one, other = process(None), process(None)
    async with one.acquire(ADA), one.acquire(ADA), one.acquire(ADA):
        assert await is_full(one)
        assert not await is_full(other)


async def test_a_process_without_seats_says_nothing(redis: Redis) -> None:
    one = process(redis)
    async with one.acquire(ADA):
        assert one._beating
    assert one._beating is None


async def beats(redis: Redis, seats: StreamLimit) -> None:
    async def there() -> bool:
        return await redis.zscore("annals:seats:sse", seats._process) is not None

    await until(there)
