"""A token bucket that paces the events of a listener."""

from collections.abc import Callable


class TokenBucket:
    """`rate` tokens a second, of which at most `rate` are saved; `clock` gives seconds."""

    def __init__(self, rate: int, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._tokens = float(rate)
        self._updated_at = clock()

    @property
    def interval(self) -> float:
        """Seconds per token."""
        return 1 / self._rate

    def available(self) -> float:
        now = self._clock()
        self._tokens = min(self._rate, self._tokens + (now - self._updated_at) * self._rate)
        self._updated_at = now
        return self._tokens

    def take(self, count: int) -> None:
        """Take `count` tokens, or all there are."""
        self._tokens = max(0.0, self._tokens - count)
