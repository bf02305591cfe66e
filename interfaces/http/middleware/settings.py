"""The settings that the HTTP server reads."""

from ipaddress import IPv4Network, IPv6Network
from typing import Protocol, TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network


class ListenerSettings(Protocol):
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def connections(self) -> int: ...
    @property
    def connections_per_address(self) -> int: ...
    @property
    def trusted_proxies(self) -> tuple[Network, ...]: ...
    @property
    def cors_origins(self) -> tuple[str, ...]: ...


class AccessLogSettings(Protocol):
    @property
    def level(self) -> str: ...
    @property
    def format(self) -> str: ...


class RequestSettings(Protocol):
    """See docs/configuration.md for what each setting does."""

    @property
    def http(self) -> ListenerSettings: ...
    @property
    def log(self) -> AccessLogSettings: ...
