"""So many in so much time, counted once for all processes: GCRA, in one step inside Redis."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError

from application.ports import Unavailable
from domain.record import Record

# One number per key: the moment (µs, by the server's clock alone) at which everything taken so far
# will have been worked off at the steady rate. A key of someone at rest is gone by itself.
# Of each key so many are taken as there are, at most those wanted and at least so many or none.
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


class Rate(Record):
    """`limit` at once, and after that one every `per / limit` seconds."""

    limit: int
    per: float  # seconds

    def arguments(self, wanted: int, *, least: int) -> tuple[int, int, int, int]:
        """Return what the script is told of one key."""
        if not 1 <= least <= self.limit:
            raise ValueError(f"{least} at once can never be had of {self.limit}")
        return max(1, round(self.per * 1_000_000 / self.limit)), self.limit, wanted, least


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
            [reply] = self._take(keys=[self._prefix + key], args=rate.arguments(cost, least=cost))
        except RedisError as error:
            raise Unavailable("The rate limit") from error
        return _allowance(reply)


class Draw(Record):
    """What was had of what was wanted: `taken` of them, and `remaining` could still be."""

    taken: int
    remaining: int
    retry_after: float  # seconds until one can be had; 0 when one was


class AsyncRateLimit:
    """The same for an event loop; both count together."""

    def __init__(self, redis: AsyncRedis, *, prefix: str) -> None:
        self._prefix = prefix
        self._take = redis.register_script(_TAKE)

    async def take(self, key: str, rate: Rate, *, cost: int = 1) -> Allowance:
        """As `RateLimit.take`."""
        [reply] = await self._ask([self._prefix + key], rate.arguments(cost, least=cost))
        return _allowance(reply)

    async def draw(self, wanted: Mapping[str, tuple[Rate, int]]) -> Mapping[str, Draw]:
        """Take of every key as many as are wanted of it or, where there are fewer, those: all in
        one question. Raises Unavailable as `take` does.
        """
        arguments = [
            number for rate, count in wanted.values() for number in rate.arguments(count, least=1)
        ]
        replies = await self._ask([self._prefix + key for key in wanted], arguments)
        return {
            key: Draw(taken=int(taken), remaining=int(left), retry_after=wait / 1_000_000)
            for key, (taken, left, wait) in zip(wanted, replies, strict=True)
        }

    async def _ask(self, keys: Sequence[str], arguments: Sequence[int]) -> Any:
        try:
            return await self._take(keys=keys, args=arguments)
        except RedisError as error:
            raise Unavailable("The rate limit") from error


def _allowance(reply: Any) -> Allowance:
    taken, remaining, wait = reply
    return Allowance(allowed=taken > 0, remaining=int(remaining), retry_after=wait / 1_000_000)
