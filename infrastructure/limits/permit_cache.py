"""Permits that a process has drawn of the shared limits and has not used yet."""

from infrastructure.limits.gcra import Draw

PREFETCH_SECONDS = 0.02  # seconds of demand, at the rate of the last second, drawn in advance
PERMIT_LIFE_SECONDS = 0.05  # seconds after which an unused permit expires
MAX_KEYS = 10_000  # keys in a cache; then the stale ones are removed


class LocalPermits:
    """Permits of one key. Times are seconds of a monotonic clock.

    A permit is drawn from the shared limit before it is used, so the limit is never exceeded;
    since permits expire soon, at most 50 ms of demand is used later than it was drawn. A process
    with little demand draws nothing in advance, and so wastes nothing.
    """

    __slots__ = (
        "_available",
        "_blocked_until",
        "_demand",
        "_demand_before",
        "_expires_at",
        "_remaining",
        "_second",
    )

    def __init__(self) -> None:
        self._available = 0
        self._expires_at = 0.0
        self._remaining = 0  # of the shared limit, at the last draw
        self._blocked_until = 0.0  # before this time the shared limit has no permit
        self._second = 0
        self._demand = 0  # requests in the current second
        self._demand_before = 0  # requests in the second before it

    def count_request(self, now: float) -> None:
        """Count a request for a permit towards the demand."""
        second = int(now)
        if second != self._second:
            self._demand_before = self._demand if second == self._second + 1 else 0
            self._second, self._demand = second, 0
        self._demand += 1

    def blocked_for(self, now: float) -> float:
        """Return the seconds until the shared limit may have a permit, 0 if it may have one now."""
        return max(0.0, self._blocked_until - now)

    def available(self, now: float) -> int:
        return self._available if now < self._expires_at else 0

    def take(self) -> int:
        """Use an available permit; return how many remain, here and in the shared limit."""
        self._available -= 1
        return self._remaining + self._available

    def prefetch_count(self) -> int:
        """Return how many permits to draw in advance."""
        return int(max(self._demand, self._demand_before) * PREFETCH_SECONDS)

    def apply(self, draw: Draw, *, used: int, now: float) -> None:
        """Keep the permits of a draw of which `used` are given away already."""
        self._available = max(0, draw.taken - used)
        self._expires_at = now + PERMIT_LIFE_SECONDS
        self._remaining = draw.remaining
        self._blocked_until = now + draw.retry_after

    def is_stale(self, now: float) -> bool:
        return self._second + 2 < now and self._blocked_until < now


class PermitCache:
    """The permits of all keys, at most `MAX_KEYS` of them."""

    def __init__(self) -> None:
        self._permits: dict[str, LocalPermits] = {}

    def of(self, key: str, now: float) -> LocalPermits:
        permits = self._permits.get(key)
        if permits is None:
            if len(self._permits) >= MAX_KEYS:
                self._remove_stale(now)
            permits = self._permits[key] = LocalPermits()
        return permits

    def _remove_stale(self, now: float) -> None:
        self._permits = {
            key: permits for key, permits in self._permits.items() if not permits.is_stale(now)
        }
        if len(self._permits) >= MAX_KEYS:
            self._permits.clear()  # the counts are in Redis
