"""Rate limits shared by all processes: the generic cell rate algorithm, as a script in Redis."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

from application.ports.unavailable import Unavailable
from domain.record import Record

# Each key holds one number: the theoretical arrival time (µs on the Redis server's clock), at
# which all permits taken so far have been replaced at the steady rate. An unused key expires.
# For each key the script takes the permits there are, up to `wanted`; with fewer than `least`
# available it takes none.
_TAKE = """
local now = redis.call('TIME')
local at = now[1] * 1000000 + now[2]
local replies = {}
for i, key in ipairs(KEYS) do
    local every, burst = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
    local wanted, least = tonumber(ARGV[4 * i - 1]), tonumber(ARGV[4 * i])
    local free_at = math.max(tonumber(redis.call('GET', key) or at), at)
    local there = math.max(0, math.floor((at + every * burst - free_at) / every))
    if there < least then
        replies[i] = {0, there, free_at + every * (least - burst) - at}
    else
        local taken = math.min(there, wanted)
        local after = free_at + every * taken
        redis.call('SET', key, string.format('%.0f', after), 'PX', math.ceil((after - at) / 1000))
        replies[i] = {taken, there - taken, 0}
    end
end
return replies
"""


class GcraRate(Record):
    """A burst of `limit` permits, and then a permit every `per / limit` seconds."""

    limit: int
    per: float  # seconds

    def script_arguments(self, wanted: int, *, least: int) -> tuple[int, int, int, int]:
        """Return the four script arguments for a key.

        Raises:
            ValueError: `least` exceeds the burst, so the permits can never be taken together.
        """
        if not 1 <= least <= self.limit:
            raise ValueError(f"{least} permits can never be taken of a limit of {self.limit}")
        return max(1, round(self.per * 1_000_000 / self.limit)), self.limit, wanted, least


class Allowance(Record):
    """Whether the permits were taken: all of them, or none."""

    allowed: bool
    remaining: int  # permits that are still available
    retry_after: float  # seconds until the same number is available; 0 if it was allowed


class RateLimit:
    """A rate limit for threads. Keys of different purposes need different prefixes.

    The client must not retry a command after a timeout: a retry could be counted twice.
    """

    def __init__(self, redis: Redis, *, prefix: str) -> None:
        self._prefix = prefix
        self._take = redis.register_script(_TAKE)

    def take(self, key: str, rate: GcraRate, *, cost: int = 1) -> Allowance:
        """Take `cost` permits of `key`, if that many are available.

        Raises:
            Unavailable: Redis cannot be reached; the caller decides whether to go on.
            ValueError: `cost` exceeds the limit.
        """
        arguments = rate.script_arguments(cost, least=cost)
        try:
            [reply] = self._take(keys=[self._prefix + key], args=arguments)
        except RedisError as error:
            raise Unavailable("The rate limit") from error
        return _allowance(reply)


class Draw(Record):
    """The permits taken of a key, perhaps fewer than wanted, and those that are still available."""

    taken: int
    remaining: int
    retry_after: float  # seconds until a permit is available; 0 if any was taken


class AsyncRateLimit:
    """The same rate limit for an event loop; both count the same keys together."""

    def __init__(self, redis: AsyncRedis, *, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix
        self._take = redis.register_script(_TAKE)

    async def take(self, key: str, rate: GcraRate, *, cost: int = 1) -> Allowance:
        """Take `cost` permits of `key`, if that many are available.

        Raises:
            Unavailable: Redis cannot be reached; the caller decides whether to go on.
            ValueError: `cost` exceeds the limit.
        """
        [reply] = await self._run([self._prefix + key], rate.script_arguments(cost, least=cost))
        return _allowance(reply)

    async def draw(self, wanted: Mapping[str, tuple[GcraRate, int]]) -> Mapping[str, Draw]:
        """Take up to the wanted number of permits of every key, in one call of Redis.

        Raises:
            Unavailable: Redis cannot be reached; the caller decides whether to go on.
        """
        arguments = [
            number
            for rate, count in wanted.values()
            for number in rate.script_arguments(count, least=1)
        ]
        replies = await self._run([self._prefix + key for key in wanted], arguments)
        return {
            key: Draw(taken=int(taken), remaining=int(left), retry_after=wait / 1_000_000)
            for key, (taken, left, wait) in zip(wanted, replies, strict=True)
        }

    async def mark(self, key: str, seconds: int) -> None:
        """Remember `key` for so many seconds.

        Raises:
            Unavailable: Redis cannot be reached.
        """
        try:
            await self._redis.set(self._prefix + key, b"1", ex=seconds)
        except RedisError as error:
            raise Unavailable("The rate limit") from error

    async def is_marked(self, key: str) -> bool:
        """Return whether `key` is remembered.

        Raises:
            Unavailable: Redis cannot be reached.
        """
        try:
            return bool(await self._redis.exists(self._prefix + key))
        except RedisError as error:
            raise Unavailable("The rate limit") from error

    async def _run(self, keys: Sequence[str], arguments: Sequence[int]) -> Any:
        try:
            return await self._take(keys=keys, args=arguments)
        except RedisError as error:
            raise Unavailable("The rate limit") from error


def _allowance(reply: Any) -> Allowance:
    taken, remaining, wait = reply
    return Allowance(allowed=taken > 0, remaining=int(remaining), retry_after=wait / 1_000_000)
