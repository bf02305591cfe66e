"""So many in so much time, counted once for all processes: GCRA, in one step inside Redis."""

from typing import Any

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

from application.ports import Unavailable
from domain.record import Record

# One number per key: the moment (µs, by the server's clock alone) at which everything taken so far
# will have been worked off at the steady rate. A key of someone at rest is gone by itself.
_TAKE = """
local now = redis.call('TIME')
local at = now[1] * 1000000 + now[2]
local every, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local free_at = math.max(tonumber(redis.call('GET', KEYS[1]) or at), at)
local after = free_at + every * cost
local wait = after - every * burst - at
if wait > 0 then
    return {0, math.floor((at + every * burst - free_at) / every), wait}
end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - at) / 1000))
return {1, math.floor(-wait / every), 0}
"""


class Rate(Record):
    """`limit` at once, and after that one every `per / limit` seconds."""

    limit: int
    per: float  # seconds

    def arguments(self, cost: int) -> tuple[int, int, int]:
        if not 1 <= cost <= self.limit:
            raise ValueError(f"{cost} at once can never be had of {self.limit}")
        return max(1, round(self.per * 1_000_000 / self.limit)), self.limit, cost


class Allowance(Record):
    """Whether it may be done now; if not, nothing was taken."""

    allowed: bool
    remaining: int  # that could be taken at this moment
    retry_after: float  # seconds until the same can be had; 0 when it was allowed


class RateLimit:
    """For threads. Keys of different purposes need different prefixes.

    Give it a client that does not repeat a command that timed out, or it may count it twice.
    """

    def __init__(self, redis: Redis, *, prefix: str) -> None:
        self._prefix = prefix
        self._take = redis.register_script(_TAKE)

    def take(self, key: str, rate: Rate, *, cost: int = 1) -> Allowance:
        """Take `cost` of what is left for `key`, if there is enough.

        Raises:
            Unavailable: Redis is away. Whether to go on then is for the caller to decide.
        """
        try:
            return _allowance(self._take(keys=[self._prefix + key], args=rate.arguments(cost)))
        except RedisError as error:
            raise Unavailable("The rate limit") from error


class AsyncRateLimit:
    """The same for an event loop; both count together."""

    def __init__(self, redis: AsyncRedis, *, prefix: str) -> None:
        self._prefix = prefix
        self._take = redis.register_script(_TAKE)

    async def take(self, key: str, rate: Rate, *, cost: int = 1) -> Allowance:
        """As `RateLimit.take`."""
        try:
            return _allowance(
                await self._take(keys=[self._prefix + key], args=rate.arguments(cost))
            )
        except RedisError as error:
            raise Unavailable("The rate limit") from error


def _allowance(reply: Any) -> Allowance:
    allowed, remaining, wait = reply
    return Allowance(allowed=bool(allowed), remaining=int(remaining), retry_after=wait / 1_000_000)
