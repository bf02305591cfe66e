"""Where a request comes from: its peer, or whom a proxy we trust names."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any, TypeAlias

from infrastructure.bootstrap import Network

Trusted: TypeAlias = tuple[Network, ...]
WIDTH = 64  # bits of an IPv6 address that a provider gives to one customer


def client_address(scope: Mapping[str, Any], forwarded: Sequence[bytes], trusted: Trusted) -> str:
    """Return the address limits count by. `forwarded` are the values of X-Forwarded-For.

    Anybody can send that header, so it is read from its end and only as far as proxies of ours
    have written it.
    """
    client = scope.get("client")
    if client is None:
        return "local"  # a Unix socket
    if not forwarded or not trusted:
        return _counted(client[0])
    return _behind(client[0], b",".join(forwarded).decode("latin-1"), trusted)


@lru_cache(maxsize=256)
def is_unknown_proxy(peer: str, trusted: Trusted) -> bool:
    """Whether whoever speaks for others from here is most likely one of ours that nobody named."""
    try:
        return ip_address(peer).is_private and not _within(peer, trusted)
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def _behind(peer: str, forwarded: str, trusted: Trusted) -> str:
    address = peer
    for step in reversed(forwarded.split(",")):
        if not _within(address, trusted):
            break
        try:
            address = str(ip_address(step.strip()))
        except ValueError:
            break  # nonsense: whoever sent it is counted as the last we know
    return _counted(address)


def _within(address: str, trusted: Trusted) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted if network.version == parsed.version)


@lru_cache(maxsize=4096)
def _counted(address: str) -> str:
    """An IPv6 address counts with all its neighbours: one customer has billions of them."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> WIDTH << WIDTH)}/{WIDTH}"
