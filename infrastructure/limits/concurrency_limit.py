"""Limits the streams an account may have open, in all processes together."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID, uuid4

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.ports.limits import TooManyStreams
from application.ports.signal import Signal

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
# A stream of a device takes the slot of the stream that this device had before.
_ACQUIRE = """
local slot = ARGV[1] .. ':' .. ARGV[2]
local limit = tonumber(ARGV[3])
local device = ARGV[5]
if device ~= '' then
    local before = redis.call('HGET', KEYS[3], device)
    if before then
        redis.call('SREM', KEYS[1], before)
    end
end
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
if device ~= '' then
    redis.call('HSET', KEYS[3], device, slot)
    redis.call('EXPIRE', KEYS[3], ARGV[4])
end
return 1
"""
LIFE_SECONDS = 10.0  # seconds without a heartbeat after which a process counts as dead
HEARTBEAT_SECONDS = 3.0  # seconds between heartbeats
EXPIRY_SECONDS = 86_400  # seconds until the slots of an inactive account are deleted


def slots_key(kind: str, account: UUID) -> str:
    """Return the key of the slots of an account: a set of `process:slot`."""
    return f"annals:seats:{kind}:{account}"


def processes_key(kind: str) -> str:
    """Return the key of the processes, each scored with the time (ms) of its death."""
    return f"annals:seats:{kind}"


class StreamPermit:
    """A slot that a stream of this process holds. `replaced` is set when a newer stream of the
    same device has taken it; then it no longer counts."""

    def __init__(self, account: UUID, device: str) -> None:
        self.account = account
        self.device = device
        self.replaced = Signal()


class RedisStreamLimit:
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
        self._slots: dict[str, StreamPermit] = {}
        self._heartbeat_task: asyncio.Task[None] | None = None

    @property
    def open_here(self) -> int:
        """The number of streams open in this process."""
        return self._open_here.total()

    @asynccontextmanager
    async def acquire(self, account: UUID, *, device: str | None = None) -> AsyncIterator[Signal]:
        """Hold a slot of the account while the block runs.

        With a `device`, the slot is that of its previous stream, if it has one. The yielded signal
        is set when a newer stream of the same device has taken this one's slot: at once within a
        process, else with the next heartbeat.

        Raises:
            TooManyStreams: the account has no free slot.
        """
        permit = StreamPermit(
            account, hashlib.sha256(device.encode()).hexdigest()[:32] if device else ""
        )
        here = self._of_device(permit)
        if self._open_here[account] - (here is not None) >= self.most:
            raise TooManyStreams
        slot, held = uuid4().hex, True
        self._open_here[account] += 1
        try:
            if self._heartbeat_task is None:
                await self._send_heartbeat()
            if not await self._acquire(permit, slot, device=permit.device):
                held = False
                raise TooManyStreams
            if before := self._of_device(permit):
                self._replace(before)
            self._slots[slot] = permit
            if self._heartbeat_task is None:
                self._heartbeat_task = asyncio.create_task(self._send_heartbeats())
            yield permit.replaced
        finally:
            self._slots.pop(slot, None)
            if self._heartbeat_task and not self._slots:
                self._heartbeat_task.cancel()
                self._heartbeat_task = None
            if not permit.replaced.is_set():
                self._count_down(account)
            if held:
                await self._release(account, slot)

    def _of_device(self, permit: StreamPermit) -> StreamPermit | None:
        """Return the permit in this process that a stream of the same device holds already."""
        if not permit.device:
            return None
        for other in self._slots.values():
            same = (other.account, other.device) == (permit.account, permit.device)
            if same and not other.replaced.is_set():
                return other
        return None

    def _replace(self, permit: StreamPermit) -> None:
        permit.replaced.set()
        self._count_down(permit.account)

    def _count_down(self, account: UUID) -> None:
        self._open_here[account] -= 1
        if not self._open_here[account]:
            del self._open_here[account]

    async def _send_heartbeats(self) -> None:
        """Send heartbeats until cancelled; the task runs while the process holds a slot."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self._send_heartbeat()

    async def _send_heartbeat(self) -> None:
        arguments = [self._process, int(LIFE_SECONDS * 1000)]
        if await self._run(self._heartbeat_script, [self._processes_key], arguments) == 0:
            # Redis was emptied, or other processes may have freed our slots.
            for slot, permit in list(self._slots.items()):
                if not permit.replaced.is_set():
                    await self._acquire(permit, slot)
        for slot, permit in list(self._slots.items()):
            if (
                permit.device
                and not permit.replaced.is_set()
                and await self._is_taken(permit, slot)
            ):
                self._replace(permit)

    async def _is_taken(self, permit: StreamPermit, slot: str) -> bool:
        """Return whether a newer stream of the device, in any process, has taken the slot."""
        if self._redis is None:
            return False
        try:
            found = self._redis.hget(self._devices_key(permit.account), permit.device)
            holder = await cast(Awaitable[bytes | None], found)
        except RedisError:
            return False
        return holder is not None and holder != f"{self._process}:{slot}".encode()

    async def _acquire(self, permit: StreamPermit, slot: str, *, device: str = "") -> bool:
        keys = [
            self._account_key(permit.account),
            self._processes_key,
            self._devices_key(permit.account),
        ]
        arguments = [self._process, slot, self.most, EXPIRY_SECONDS, device]
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
        return slots_key(self._kind, account)

    def _devices_key(self, account: UUID) -> str:
        return f"annals:devices:{self._kind}:{account}"

    @property
    def _processes_key(self) -> str:
        return processes_key(self._kind)
