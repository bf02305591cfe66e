"""How many streams an account has open, counted once for all processes."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

# A seat is a member of a sorted set, scored with the moment (ms) at which it is given up
# unless it is claimed anew: those of a process that was killed are free again by then.
_TAKE = """
local now = redis.call('TIME')
local at = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at)
if not redis.call('ZSCORE', KEYS[1], ARGV[1])
    and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
    return 0
end
redis.call('ZADD', KEYS[1], at + tonumber(ARGV[3]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""
LIFE = 60.0  # seconds
CLAIM = 20.0  # seconds between claims


class NoSeat(Exception):
    """The account has as many streams open as it may."""


class Seats:
    """Seats of one kind. With Redis away each process counts for itself."""

    def __init__(self, redis: Redis | None, *, kind: str, most: int) -> None:
        self.most = most
        self._redis = redis
        self._kind = kind
        self._take_script = redis.register_script(_TAKE) if redis else None
        self._here: Counter[UUID] = Counter()

    @property
    def open_here(self) -> int:
        """How many are taken in this process."""
        return self._here.total()

    @asynccontextmanager
    async def seat(self, account: UUID) -> AsyncIterator[None]:
        """Hold a seat while the block runs.

        Raises:
            NoSeat: all of the account's are taken.
        """
        if self._here[account] >= self.most:
            raise NoSeat
        name = uuid4().hex
        self._here[account] += 1
        claiming = None
        try:
            if not await self._take(account, name):
                raise NoSeat
            claiming = asyncio.create_task(self._keep(account, name))
            yield
        finally:
            if claiming:
                claiming.cancel()
            self._here[account] -= 1
            if not self._here[account]:
                del self._here[account]
            await self._give_up(account, name)

    async def _keep(self, account: UUID, name: str) -> None:
        while True:
            await asyncio.sleep(CLAIM)
            await self._take(account, name)

    async def _take(self, account: UUID, name: str) -> bool:
        if self._take_script is None:
            return True
        try:
            taken = await self._take_script(
                keys=[self._key(account)], args=[name, self.most, int(LIFE * 1000)]
            )
        except RedisError as error:
            log.warning("streams are counted per process: Redis is away", error=str(error))
            return True
        return bool(taken)

    async def _give_up(self, account: UUID, name: str) -> None:
        if self._redis is None:
            return
        try:
            await self._redis.zrem(self._key(account), name)
        except RedisError:
            log.debug("a seat is given up by the clock", since=time.time())

    def _key(self, account: UUID) -> str:
        return f"annals:{self._kind}:{account}"
