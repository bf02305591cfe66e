"""The address a request comes from: its peer, or the client that a trusted proxy names."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any, TypeAlias

import structlog

from interfaces.http.middleware.settings import Network

log = structlog.get_logger()

Trusted: TypeAlias = tuple[Network, ...]
MAX_FORWARDED_BYTES = 1024
WIDTH = 64  # bits of an IPv6 address that a provider gives to one customer


class ClientAddresses:
    """Finds the address of each request, and warns once of a proxy that nobody named."""

    def __init__(self, trusted: Trusted) -> None:
        self._trusted = trusted
        self._warned = False

    def address_of(self, scope: Mapping[str, Any], forwarded: Sequence[bytes]) -> str:
        """Return the address that limits count by; `forwarded` are values of X-Forwarded-For."""
        if forwarded and not self._warned:
            self._warn_of_unknown_proxy((scope.get("client") or ("",))[0])
        return client_address(scope, forwarded, self._trusted)

    def _warn_of_unknown_proxy(self, peer: str) -> None:
        """Without this, the first sign would be that all users are refused together."""
        if is_unknown_proxy(peer, self._trusted):
            self._warned = True
            log.warning(
                "proxy_not_trusted",
                proxy=peer,
                effect="All clients behind it share one limit.",
                setting="ANNALS_TRUSTED_PROXIES",
            )


def client_address(scope: Mapping[str, Any], forwarded: Sequence[bytes], trusted: Trusted) -> str:
    """Return the address limits count by. `forwarded` are the values of X-Forwarded-For.

    Any client can send that header, so it is read from its end, and only as far as trusted
    proxies have written it.
    """
    client = scope.get("client")
    if client is None:
        return "local"  # a Unix socket
    if not forwarded or not trusted:
        return counted(client[0])
    # The end is what our proxies wrote, and short; the beginning may be as long as a head.
    written = b",".join(forwarded)[-MAX_FORWARDED_BYTES:]
    return _behind(client[0], written.decode("latin-1"), trusted)


@lru_cache(maxsize=256)
def is_unknown_proxy(peer: str, trusted: Trusted) -> bool:
    """Whether the peer is most likely a proxy of this installation that no setting names."""
    try:
        return ip_address(peer).is_private and not within(peer, trusted)
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def _behind(peer: str, forwarded: str, trusted: Trusted) -> str:
    address = peer
    for step in reversed(forwarded.split(",")):
        if not within(address, trusted):
            break
        try:
            address = str(ip_address(step.strip()))
        except ValueError:
            break  # invalid: the request counts for the last known address
    return counted(address)


def within(address: str, trusted: Trusted) -> bool:
    """Return whether the address is that of a trusted proxy."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted if network.version == parsed.version)


@lru_cache(maxsize=4096)
def counted(address: str) -> str:
    """Return the address that limits count: of IPv6 the network, since a customer has billions."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> WIDTH << WIDTH)}/{WIDTH}"
