"""An account is online while a stream or socket of it is open, in whichever process."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias
from uuid import UUID

import pytest

from application.ports.limits import Presence
from infrastructure.limits import concurrency_limit
from infrastructure.limits.concurrency_limit import RedisStreamLimit
from infrastructure.limits.presence import KINDS, RedisPresence
from infrastructure.limits.redis_client import open_redis
from tests.support.facts import ADA, BOB
from tests.support.memory import MemoryPresence
from tests.support.waiting import until

Opening: TypeAlias = Callable[[UUID], AbstractAsyncContextManager[object]]


@pytest.fixture(params=["memory", *KINDS])
async def presence(
    request: pytest.FixtureRequest, redis_url: str
) -> AsyncIterator[tuple[Presence, Opening]]:
    """A presence, and how an account comes online."""
    if request.param == "memory":
        memory = MemoryPresence()

        @asynccontextmanager
        async def opened(account: UUID) -> AsyncIterator[None]:
            memory.online.add(account)
            yield
            memory.online.discard(account)

        yield memory, opened
        return
    redis = open_redis(redis_url)
    yield RedisPresence(redis), RedisStreamLimit(redis, kind=request.param, most=3).acquire
    await redis.aclose()


async def test_an_account_is_online_while_it_has_a_stream_open(
    presence: tuple[Presence, Opening],
) -> None:
    who, opened = presence
    assert not await who.is_online(ADA)
    async with opened(ADA):
        assert await who.is_online(ADA)
        assert not await who.is_online(BOB)
    assert not await who.is_online(ADA)


async def test_an_export_is_no_presence(redis_url: str) -> None:
    redis = open_redis(redis_url)
    async with RedisStreamLimit(redis, kind="export", most=1).acquire(ADA):
        assert not await RedisPresence(redis).is_online(ADA)
    await redis.aclose()


async def test_the_streams_of_a_killed_process_end_with_its_heartbeats(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concurrency_limit, "LIFE_SECONDS", 1.0)
    monkeypatch.setattr(concurrency_limit, "HEARTBEAT_SECONDS", 0.1)
    redis = open_redis(redis_url)
    who, killed = RedisPresence(redis), RedisStreamLimit(redis, kind="sse", most=3)
    async with killed.acquire(ADA):
        assert await who.is_online(ADA)
        assert killed._heartbeat_task
        killed._heartbeat_task.cancel()

        async def gone() -> bool:
            return not await who.is_online(ADA)

        await until(gone)
    await redis.aclose()
