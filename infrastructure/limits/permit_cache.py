"""What one process holds of a limit that all share: permits for the next moment, and no more."""

PREFETCH_SECONDS = (
    0.02  # seconds of need, at the pace of the last second, that are drawn in advance
)
LIFE_SECONDS = 0.05  # seconds after which what was drawn in advance is void


class LocalPermits:
    """Permits of one key. Moments are seconds of a clock that only goes forward.

    Permits are drawn from the limit before they are used, so that never more are used than there
    are; since they soon lapse, at most 50 ms' worth is used later than it was drawn. Whoever asks
    seldom, or in many places, has nothing drawn in advance and so wastes nothing.
    """

    __slots__ = ("_count", "_count_before", "_left", "_second", "_until", "remaining", "shut_until")

    def __init__(self) -> None:
        self.remaining = 0  # of the limit, for all processes, when it was last asked for
        self.shut_until = 0.0  # before which there is certainly none
        self._left = 0
        self._until = 0.0
        self._second = 0
        self._count = 0
        self._count_before = 0

    def asked(self, now: float) -> None:
        """Take note that one is asked for."""
        second = int(now)
        if second != self._second:
            self._count_before = self._count if second == self._second + 1 else 0
            self._second, self._count = second, 0
        self._count += 1

    def left(self, now: float) -> int:
        return self._left if now < self._until else 0

    def take(self) -> int:
        """Use one of those that are left; return how many more there are for anybody."""
        self._left -= 1
        return self.remaining + self._left

    def need(self) -> int:
        """Return how many are worth drawing in advance."""
        return int(max(self._count, self._count_before) * PREFETCH_SECONDS)

    def refill(self, count: int, now: float) -> None:
        self._left, self._until = count, now + LIFE_SECONDS

    def idle(self, now: float) -> bool:
        return self._second + 2 < now and self.shut_until < now
