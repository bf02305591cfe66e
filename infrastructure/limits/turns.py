"""A bounded queue for expensive work: no client has more than its share of the places."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from application.ports.limits import TooManyWaiting


class ProcessTurns:
    """At most `most` places in this process, of which a client has at most `share`."""

    def __init__(self, *, most: int, share: int) -> None:
        self._most = most
        self._share = share
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        return self._taken.total()

    @contextmanager
    def place(self, client: str) -> Iterator[None]:
        """Hold a place of the client while the block runs.

        Raises:
            TooManyWaiting: the queue is full, or this client has its share of it.
        """
        if self.taken >= self._most or self._taken[client] >= self._share:
            raise TooManyWaiting
        self._taken[client] += 1
        try:
            yield
        finally:
            self._taken[client] -= 1
            if not self._taken[client]:
                del self._taken[client]
