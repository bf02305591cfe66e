"""How many streams an account has open, counted once for all processes."""

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

# A seat bears the name of its process. Processes are members of a sorted set, each scored with
# the moment (ms) at which it counts as dead unless it beats again: so one command in a while
# keeps all seats of a process, and those of one that was killed are soon free.
_BEAT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local dead_at = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return dead_at and tonumber(dead_at) > now and 1 or 0
"""
_TAKE = """
local seat = ARGV[1] .. ':' .. ARGV[2]
local most = tonumber(ARGV[3])
local known = redis.call('SISMEMBER', KEYS[1], seat) == 1
if not known and redis.call('SCARD', KEYS[1]) >= most then
    local clock = redis.call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    for _, other in ipairs(redis.call('SMEMBERS', KEYS[1])) do
        local process = string.match(other, '^[^:]*')
        local dead_at = redis.call('ZSCORE', KEYS[2], process)
        if process ~= ARGV[1] and not (dead_at and tonumber(dead_at) > now) then
            redis.call('SREM', KEYS[1], other)
        end
    end
    if redis.call('SCARD', KEYS[1]) >= most then
        return 0
    end
end
redis.call('SADD', KEYS[1], seat)
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
"""
LIFE_SECONDS = 10.0  # seconds after which a process that is silent counts as dead
HEARTBEAT_SECONDS = 3.0  # seconds between beats
EXPIRY_SECONDS = 86_400  # seconds: what a killed process left of accounts that never come back


class StreamLimit:
    """Seats of one kind. With Redis away each process counts for itself."""

    life_seconds = LIFE_SECONDS

    def __init__(self, redis: Redis | None, *, kind: str, most: int) -> None:
        self.most = most
        self._redis = redis
        self._kind = kind
        self._process = uuid4().hex
        self._beat_script = redis.register_script(_BEAT) if redis else None
        self._take_script = redis.register_script(_TAKE) if redis else None
        self._here: Counter[UUID] = Counter()
        self._held: dict[str, UUID] = {}
        self._beating: asyncio.Task[None] | None = None

    @property
    def open_here(self) -> int:
        """How many are taken in this process."""
        return self._here.total()

    @asynccontextmanager
    async def acquire(self, account: UUID) -> AsyncIterator[None]:
        """Hold a seat while the block runs.

        Raises:
            NoSeat: all of the account's are taken.
        """
        if self._here[account] >= self.most:
            raise TooManyStreams
        name = uuid4().hex
        self._here[account] += 1
        try:
            if self._beating is None:
                await self._heartbeat()
            if not await self._take(account, name):
                raise TooManyStreams
            self._held[name] = account
            if self._beating is None:
                self._beating = asyncio.create_task(self._heartbeat_loop())
            yield
        finally:
            self._held.pop(name, None)
            if self._beating and not self._held:
                self._beating.cancel()
                self._beating = None
            self._here[account] -= 1
            if not self._here[account]:
                del self._here[account]
            await self._release(account, name)

    async def _heartbeat_loop(self) -> None:
        """Say for as long as any seat is held that this process lives."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self._heartbeat()

    async def _heartbeat(self) -> None:
        words = [self._process, int(LIFE_SECONDS * 1000)]
        if await self._run(self._beat_script, [self._living], words) == 0:
            # Others may have taken us for dead, or Redis was emptied.
            for name, account in list(self._held.items()):
                await self._take(account, name)

    async def _take(self, account: UUID, name: str) -> bool:
        keys = [self._key(account), self._living]
        words = [self._process, name, self.most, EXPIRY_SECONDS]
        return await self._run(self._take_script, keys, words) != 0

    async def _run(self, script: Any, keys: list[str], words: list[Any]) -> int | None:
        """Return what the script answers, or None when nobody does."""
        if script is None:
            return None
        try:
            return int(await script(keys=keys, args=words))
        except RedisError as error:
            log.warning("streams are counted per process: Redis is away", error=str(error))
            return None

    async def _release(self, account: UUID, name: str) -> None:
        if self._redis is None:
            return
        try:
            await self._redis.srem(self._key(account), f"{self._process}:{name}")
        except RedisError:
            log.debug("a seat is left to the clock")

    def _key(self, account: UUID) -> str:
        return f"annals:seats:{self._kind}:{account}"

    @property
    def _living(self) -> str:
        return f"annals:seats:{self._kind}"
