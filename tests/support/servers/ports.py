"""Ports for servers that are told theirs by number."""

import random
import socket

# Below the kernel's own range, so that no outgoing connection takes one before its server does.
_OURS = range(20_000, 32_000)


def free_port() -> str:
    """A port on loopback that nothing listens at, as a setting takes it."""
    return str(free_ports(1))


def free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    while True:
        first = random.choice(_OURS)
        if all(map(_is_free, range(first, first + count))):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
