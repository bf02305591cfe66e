"""What each account has recorded today, counted in Redis for all processes together."""

import asyncio
from collections import OrderedDict
from datetime import UTC, date, datetime

from redis.asyncio import Redis
from redis.exceptions import RedisError

from infrastructure.telemetry.metrics import RATE_LIMIT_UNAVAILABLE

SHARE_SECONDS = 1.0  # seconds between two exchanges of counts with the other processes
KEEP_SECONDS = 2 * 86_400  # seconds for which Redis keeps the counts of a day
MAX_ACCOUNTS = 10_000  # accounts whose counts a process remembers


class Usage:
    """The events and bytes of an account on a day: all that this process knows of, and what it has
    not yet shared with the others."""

    __slots__ = ("bytes", "day", "events", "new_bytes", "new_events")

    def __init__(self, day: date) -> None:
        self.day = day
        self.events = self.bytes = self.new_events = self.new_bytes = 0


class DayUsage:
    """Counts without waiting: processes exchange their counts in the background, once a second.

    So an account may exceed a limit by what it records within a second in each process. Without
    Redis, each process counts for itself.
    """

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis
        self._accounts: OrderedDict[str, Usage] = OrderedDict()
        self._changed: set[str] = set()
        self._sharing: asyncio.Task[None] | None = None

    def of(self, account: str, now: datetime) -> Usage:
        """Return the counts of the day (UTC) of `now`."""
        day = now.date()
        usage = self._accounts.get(account)
        if usage is None or usage.day != day:
            usage = self._accounts[account] = Usage(day)
            if len(self._accounts) > MAX_ACCOUNTS:
                forgotten, _ = self._accounts.popitem(last=False)
                self._changed.discard(forgotten)
        self._accounts.move_to_end(account)
        return usage

    def add(self, account: str, usage: Usage, *, events: int, size: int) -> None:
        """Count events of so many bytes."""
        usage.events += events
        usage.bytes += size
        usage.new_events += events
        usage.new_bytes += size
        if self._redis is not None:
            self._changed.add(account)
            if self._sharing is None:
                self._sharing = asyncio.create_task(self._share_changes(self._redis))

    async def aclose(self) -> None:
        """Share the last counts with the other processes."""
        if self._sharing is not None:
            self._sharing.cancel()
            await asyncio.gather(self._sharing, return_exceptions=True)
        if self._redis is not None and self._changed:
            await self._share(self._redis)

    async def _share_changes(self, redis: Redis) -> None:
        try:
            while self._changed:
                await asyncio.sleep(SHARE_SECONDS)
                await self._share(redis)
        finally:
            self._sharing = None

    async def _share(self, redis: Redis) -> None:
        """Add what is new to the counts in Redis, and take over what they are then."""
        sent = [
            (account, usage, usage.new_events, usage.new_bytes)
            for account in self._changed
            if (usage := self._accounts.get(account)) is not None
        ]
        self._changed.clear()
        pipeline = redis.pipeline(transaction=False)
        for account, usage, events, size in sent:
            # A lost answer must not count twice: what was sent is never sent again.
            usage.new_events -= events
            usage.new_bytes -= size
            key = f"annals:day:{usage.day.isoformat()}:{account}"
            pipeline.hincrby(key, "events", events)
            pipeline.hincrby(key, "bytes", size)
            pipeline.expire(key, KEEP_SECONDS)
        try:
            answers = await pipeline.execute()
        except RedisError:
            RATE_LIMIT_UNAVAILABLE.labels("day").inc(len(sent))
            return
        for number, (_, usage, _, _) in enumerate(sent):
            events, size, _ = answers[3 * number : 3 * number + 3]
            usage.events = max(usage.events, int(events) + usage.new_events)
            usage.bytes = max(usage.bytes, int(size) + usage.new_bytes)


def seconds_until_tomorrow(now: datetime) -> int:
    """Return the seconds until the next day (UTC) begins, at least 1."""
    passed = now.astimezone(UTC)
    return 86_400 - (passed.hour * 3600 + passed.minute * 60 + passed.second)
