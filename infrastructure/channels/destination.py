"""Parses URLs of users strictly: an ambiguous URL is refused."""

import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import quote, urlsplit

import idna

from application.channels import DeliveryFailed
from domain.record import Record
from infrastructure.channels.public_addresses import Address

DEFAULT_PORTS = {"https": 443, "http": 80}

_FORBIDDEN_CHARACTERS = re.compile(r"[\x00-\x20\x7f\\]")
# Old resolvers read these as an IPv4 address: 127.1, 2130706433, 0x7f000001, 0177.0.0.1.
_LOOKS_NUMERIC = re.compile(r"(^|\.)(0x[0-9a-f]*|[0-9]+)\.?$")


class Forbidden(DeliveryFailed):
    """Requests to this URL are not allowed; the reason is fit for the user."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=True)


class Destination(Record):
    scheme: str  # https or http
    host: str  # a name in ASCII, or a plain IP address without brackets
    address: Address | None  # the host, if it is an address
    port: int
    target: str  # path and query, in ASCII

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def destination_of(url: str) -> Destination:
    """Parse a URL.

    Raises:
        Forbidden: it is not a URL, or its host is ambiguous.
    """
    if len(url) > 2048:
        raise Forbidden("The URL is longer than 2048 characters.")
    if _FORBIDDEN_CHARACTERS.search(url):
        raise Forbidden("The URL has a space, a backslash or a control character in it.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Forbidden("This is not a URL.") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise Forbidden("The URL must begin with https://.")
    if "@" in parts.netloc:
        raise Forbidden("The URL must not contain a user name or a password.")
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if port < 1024 and port not in DEFAULT_PORTS.values():
        raise Forbidden(f"Port {port} belongs to another service.")
    host, address = _host(host, bracketed="[" in parts.netloc)
    query = f"?{parts.query}" if parts.query else ""
    target = quote((parts.path or "/") + query, safe="%/:=&?~+!$,;'@()*[]")
    return Destination(scheme=parts.scheme, host=host, address=address, port=port, target=target)


def _host(text: str, *, bracketed: bool) -> tuple[str, Address | None]:
    if bracketed:
        try:
            address: Address = IPv6Address(text)
        except ValueError:
            raise Forbidden("The host of the URL is not an address.") from None
        return str(address), address
    name = ascii_name(text)
    if name is None:
        raise Forbidden("The host of the URL is not a name.")
    if not _LOOKS_NUMERIC.search(name):
        return name, None
    try:
        address = ip_address(name)
    except ValueError:
        raise Forbidden("Write the address in the URL as four decimal numbers.") from None
    return str(address), address


def ascii_name(name: str) -> str | None:
    """Return a domain name in ASCII (bücher.example is xn--bcher-kva.example), None if invalid."""
    try:
        ascii_only = idna.encode(name.rstrip("."), uts46=True).decode()
    except idna.IDNAError:
        # Underscores are not allowed in host names by the standard, but many have them.
        ascii_only = name.rstrip(".").lower()
    valid = re.fullmatch(r"(?!-)[a-z0-9_-]{1,63}(\.(?!-)[a-z0-9_-]{1,63})*", ascii_only)
    return ascii_only if valid and len(ascii_only) <= 253 else None
