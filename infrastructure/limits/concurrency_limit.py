"""Limits the streams an account may have open, in all processes together."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.ports.limits import TooManyStreams

log = structlog.get_logger()

# A slot is named after its process. Processes are members of a sorted set, each scored with the
# time (ms) at which it counts as dead unless it sends another heartbeat. So a single command now
# and then keeps all slots of a process, and the slots of a killed process are soon free.
_HEARTBEAT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local dead_at = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return dead_at and tonumber(dead_at) > now and 1 or 0
"""
_ACQUIRE = """
local slot = ARGV[1] .. ':' .. ARGV[2]
local limit = tonumber(ARGV[3])
local known = redis.call('SISMEMBER', KEYS[1], slot) == 1
if not known and redis.call('SCARD', KEYS[1]) >= limit then
    local clock = redis.call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    for _, other in ipairs(redis.call('SMEMBERS', KEYS[1])) do
        local process = string.match(other, '^[^:]*')
        local dead_at = redis.call('ZSCORE', KEYS[2], process)
        if process ~= ARGV[1] and not (dead_at and tonumber(dead_at) > now) then
            redis.call('SREM', KEYS[1], other)
        end
    end
    if redis.call('SCARD', KEYS[1]) >= limit then
        return 0
    end
end
redis.call('SADD', KEYS[1], slot)
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
"""
LIFE_SECONDS = 10.0  # seconds without a heartbeat after which a process counts as dead
HEARTBEAT_SECONDS = 3.0  # seconds between heartbeats
EXPIRY_SECONDS = 86_400  # seconds until the slots of an inactive account are deleted


class StreamLimit:
    """Limits the open streams of a kind per account. Without Redis each process counts its own."""

    life_seconds = LIFE_SECONDS

    def __init__(self, redis: Redis | None, *, kind: str, most: int) -> None:
        self.most = most
        self._redis = redis
        self._kind = kind
        self._process = uuid4().hex
        self._heartbeat_script = redis.register_script(_HEARTBEAT) if redis else None
        self._acquire_script = redis.register_script(_ACQUIRE) if redis else None
        self._open_here: Counter[UUID] = Counter()
        self._slots: dict[str, UUID] = {}
        self._heartbeat_task: asyncio.Task[None] | None = None

    @property
    def open_here(self) -> int:
        """The number of streams open in this process."""
        return self._open_here.total()

    @asynccontextmanager
    async def acquire(self, account: UUID) -> AsyncIterator[None]:
        """Hold a slot of the account while the block runs.

        Raises:
            TooManyStreams: the account has no free slot.
        """
        if self._open_here[account] >= self.most:
            raise TooManyStreams
        slot = uuid4().hex
        self._open_here[account] += 1
        try:
            if self._heartbeat_task is None:
                await self._send_heartbeat()
            if not await self._acquire(account, slot):
                raise TooManyStreams
            self._slots[slot] = account
            if self._heartbeat_task is None:
                self._heartbeat_task = asyncio.create_task(self._send_heartbeats())
            yield
        finally:
            self._slots.pop(slot, None)
            if self._heartbeat_task and not self._slots:
                self._heartbeat_task.cancel()
                self._heartbeat_task = None
            self._open_here[account] -= 1
            if not self._open_here[account]:
                del self._open_here[account]
            await self._release(account, slot)

    async def _send_heartbeats(self) -> None:
        """Send heartbeats until cancelled; the task runs while the process holds a slot."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self._send_heartbeat()

    async def _send_heartbeat(self) -> None:
        arguments = [self._process, int(LIFE_SECONDS * 1000)]
        if await self._run(self._heartbeat_script, [self._processes_key], arguments) == 0:
            # Redis was emptied, or other processes may have freed our slots.
            for slot, account in list(self._slots.items()):
                await self._acquire(account, slot)

    async def _acquire(self, account: UUID, slot: str) -> bool:
        keys = [self._account_key(account), self._processes_key]
        arguments = [self._process, slot, self.most, EXPIRY_SECONDS]
        return await self._run(self._acquire_script, keys, arguments) != 0

    async def _run(self, script: Any, keys: list[str], arguments: list[Any]) -> int | None:
        """Return the result of the script, or None if Redis cannot be reached."""
        if script is None:
            return None
        try:
            return int(await script(keys=keys, args=arguments))
        except RedisError as error:
            log.warning("stream_limit_unavailable", kind=self._kind, error=str(error))
            return None

    async def _release(self, account: UUID, slot: str) -> None:
        if self._redis is None:
            return
        try:
            await self._redis.srem(self._account_key(account), f"{self._process}:{slot}")
        except RedisError:
            log.debug("stream_slot_not_released", kind=self._kind)  # it is freed with the process

    def _account_key(self, account: UUID) -> str:
        return f"annals:seats:{self._kind}:{account}"

    @property
    def _processes_key(self) -> str:
        return f"annals:seats:{self._kind}"
