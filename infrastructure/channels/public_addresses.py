"""Tells public internet addresses, to which users may direct requests, from private ones."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

# From the registries of special-purpose addresses. Written out, because the result of `is_global`
# has changed between patch releases of Python.
_NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and the metadata of one cloud
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "168.63.129.16/32",  # in a public range, but internal to a cloud provider
        "2001::/23",  # Teredo, ORCHID and other protocols
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
# The rest of IPv6 is loopback, private, link-local, multicast, embedded IPv4, or unallocated.
_ALLOCATED = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Return whether the address is on the public internet.

    IPv4 embedded in IPv6 (mapped, compatible, 6to4, Teredo) is never public: no legitimate host
    has such an address. NAT64 is decided by the embedded IPv4 address, because an IPv6-only
    network reaches every IPv4 host that way.
    """
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
        if address not in _ALLOCATED:
            return False
    return not within(address, _NOT_PUBLIC)


def within(address: Address, networks: Iterable[Network]) -> bool:
    """Return whether any of the networks contains the address."""
    return any(address in network for network in networks)
