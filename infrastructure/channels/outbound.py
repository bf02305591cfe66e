"""Requests to URLs of users, which must never reach the private network, and to other servers."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from ipaddress import ip_address

import h11

from application.channels import DeliveryFailed
from infrastructure.channels.destination import Destination, Forbidden, destination_of
from infrastructure.channels.http_exchange import (
    Deadline,
    HttpRequest,
    HttpResponse,
    TooLarge,
    exchange,
)
from infrastructure.channels.public_addresses import Address, Network, is_public, within

MAX_ADDRESSES_TRIED = 4  # addresses of a host name

Resolve = Callable[[str, int], Iterable[str]]  # host and port to addresses; raises OSError


class Outbound:
    """Sends requests to URLs, those of users first of all.

    A host name is resolved once, and the connection goes to the address that was checked, which
    defeats DNS rebinding. Redirects are not followed, and proxies of the environment are not used.
    Hosts within `allowed` may be private and need no TLS.

    `timeout_seconds` is for the whole request, from the DNS lookup to the end of the response;
    `connect_timeout_seconds` is for each address.
    """

    def __init__(
        self,
        *,
        allowed: Sequence[Network] = (),
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        timeout_seconds: float = 10.0,
        connect_timeout_seconds: float = 3.0,
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve or _resolve
        self._tls = tls
        self._timeout_seconds = timeout_seconds
        self._connect_timeout_seconds = connect_timeout_seconds

    def check(self, url: str) -> str:
        """Return the host of `url` if requests to it are allowed.

        Raises:
            Forbidden: they are not; the message is fit for the user.
            DeliveryFailed: the host name cannot be resolved now.
        """
        destination = destination_of(url)
        self._addresses_of(destination, Deadline(self._timeout_seconds))
        return destination.host

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> HttpResponse:
        """Post `body` and return the response without its body, whatever its status.

        Raises:
            Forbidden: requests to the URL are not allowed.
            DeliveryFailed: there was no response in time, or not in HTTP.
        """
        return self.send(url, HttpRequest(method="POST", body=body, headers=headers))

    def send(self, url: str, request: HttpRequest) -> HttpResponse:
        """Send a request and return the response, whatever its status.

        Raises:
            Forbidden: requests to the URL are not allowed.
            DeliveryFailed: there was no response in time, not in HTTP, or with too long a body.
        """
        destination, deadline = destination_of(url), Deadline(self._timeout_seconds)
        host = destination.host
        try:
            with self._connect(destination, deadline) as connection:
                return exchange(connection, destination, request, deadline)
        except TimeoutError as error:
            raise _unreachable(f"{host} did not answer in time.") from error
        except ssl.SSLError as error:
            raise _unreachable(f"{host} cannot be reached over TLS ({error.reason}).") from error
        except OSError as error:
            raise _unreachable(f"{host} cannot be reached ({error.strerror or error}).") from error
        except h11.RemoteProtocolError as error:
            raise _unreachable(f"{host} does not answer in HTTP.") from error
        except TooLarge as error:
            raise _unreachable(f"{host} answered with too long a body.") from error

    def _connect(self, destination: Destination, deadline: Deadline) -> socket.socket:
        failure = OSError("no address")
        for address in self._addresses_of(destination, deadline)[:MAX_ADDRESSES_TRIED]:
            timeout_seconds = min(self._connect_timeout_seconds, deadline.left())
            try:
                connection = socket.create_connection(
                    (str(address), destination.port), timeout_seconds
                )
            except OSError as error:
                failure = error
            else:
                return self._secure(connection, destination, deadline)
        raise failure

    def _addresses_of(self, destination: Destination, deadline: Deadline) -> list[Address]:
        """Return the addresses of the host.

        Raises:
            Forbidden: an address is not allowed. Legitimate hosts never mix public and private.
            DeliveryFailed: the host name cannot be resolved now.
        """
        if destination.address is None:
            addresses = self._look_up(destination, deadline)
        else:
            addresses = [destination.address]
        for address in addresses:
            if within(address, self._allowed):
                continue
            if not is_public(address):
                raise Forbidden(_not_public(destination))
            if destination.scheme != "https":
                raise Forbidden("The URL must begin with https://.")
        return addresses

    def _look_up(self, destination: Destination, deadline: Deadline) -> list[Address]:
        found: list[Address] = []

        def look_up() -> None:
            with contextlib.suppress(OSError):
                found.extend(map(ip_address, self._resolve(destination.host, destination.port)))

        # The resolver of the system has no timeout, so it runs in a thread.
        thread = threading.Thread(target=look_up, daemon=True)
        thread.start()
        thread.join(deadline.left())
        if thread.is_alive() or not found:
            raise _unreachable(_not_public(destination))
        return list(dict.fromkeys(found))

    def _secure(
        self, connection: socket.socket, destination: Destination, deadline: Deadline
    ) -> socket.socket:
        if destination.scheme == "http":
            return connection
        try:
            connection.settimeout(deadline.left())
            tls = self._tls or _trusting_the_system()
            return tls.wrap_socket(connection, server_hostname=destination.host)
        except BaseException:
            connection.close()
            raise


@cache
def _trusting_the_system() -> ssl.SSLContext:
    """Return what verifies certificates; it takes 20 ms to load, and few processes need it."""
    return ssl.create_default_context()


def _resolve(host: str, port: int) -> list[str]:
    return [
        str(address[0]) for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    ]


def _not_public(destination: Destination) -> str:
    """Return the same for a private name and for none: which names there are is not told."""
    return f"{destination.host} has no public address that can be reached from here."


def _unreachable(reason: str) -> DeliveryFailed:
    return DeliveryFailed(reason, permanent=False)
