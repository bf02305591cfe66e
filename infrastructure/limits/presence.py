"""Whether an account has a stream or socket open, in any process."""

from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from infrastructure.limits.concurrency_limit import processes_key, slots_key

log = structlog.get_logger()

KINDS = ("sse", "ws")  # the streams and sockets that show events

# A slot of a killed process stays in the set until somebody needs it, and counts no longer.
_IS_ONLINE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
for i = 1, #KEYS, 2 do
    for _, slot in ipairs(redis.call('SMEMBERS', KEYS[i])) do
        local process = string.match(slot, '^[^:]*')
        local dead_at = redis.call('ZSCORE', KEYS[i + 1], process)
        if dead_at and tonumber(dead_at) > now then
            return 1
        end
    end
end
return 0
"""


class RedisPresence:
    """Reads the slots that StreamLimit counts."""

    def __init__(self, redis: Redis) -> None:
        self._script = redis.register_script(_IS_ONLINE)

    async def is_online(self, account: UUID) -> bool:
        """Return whether a stream or socket of the account is open; False without Redis."""
        keys = [key for kind in KINDS for key in (slots_key(kind, account), processes_key(kind))]
        try:
            return bool(await self._script(keys=keys))
        except RedisError as error:
            log.warning("presence_unknown", error=str(error))
            return False
