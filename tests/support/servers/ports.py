"""Ports for servers that are given theirs by number."""

import itertools
import os
import random
import socket
from collections.abc import Iterator

# Below the kernel's own range, so that no outgoing connection takes one before its server does.
_FIRST, _LAST = 20_000, 32_000


def _own_range() -> range:
    """The ports of this worker of pytest-xdist; all of them where there is one process."""
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    width = (_LAST - _FIRST) // count
    return range(_FIRST + number * width, _FIRST + (number + 1) * width)


# In turn from a random start: no port is handed out twice before the range is through, and two
# runs of the tests on one machine seldom try the same.
_OURS = _own_range()
_START = random.randrange(len(_OURS))
_turn: Iterator[int] = itertools.cycle([*_OURS[_START:], *_OURS[:_START]])


def free_port() -> str:
    """A port on loopback that nothing listens at, as a setting takes it."""
    return str(free_ports(1))


def free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    while True:
        row = list(itertools.islice(_turn, count))
        if row == list(range(row[0], row[0] + count)) and all(map(_is_free, row)):
            return row[0]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
