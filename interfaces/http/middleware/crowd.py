"""Counts what each network address has open at once."""

from collections import Counter


class Crowd:
    """How much each address has open; more than `most` is too much. 0: any number is fine."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count one more of the address; return whether that is too much."""
        self._open[address] += 1
        return 0 < self.most < self._open[address]

    def leave(self, address: str) -> None:
        """Count one less of the address."""
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]

    def count(self, address: str) -> int:
        return self._open[address]
