"""Requests to URLs that users gave us, which must never reach into our own network."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import ip_address

import h11

from application.channels import DeliveryFailed
from infrastructure.channels import http_post
from infrastructure.channels.destination import Destination, Forbidden, destination_of
from infrastructure.channels.http_post import Deadline, HttpAnswer
from infrastructure.channels.public_addresses import Address, Network, is_public, within

MOST_TRIED = 4  # addresses of one name

Resolve = Callable[[str, int], Iterable[str]]  # host and port to addresses; raises OSError


class Outbound:
    """Posts to strangers.

    A name is resolved once, and the connection goes to the very address that was checked, so a name
    that changes its mind in between (DNS rebinding) gains nothing. Redirects are not followed, and
    proxies of the environment not used. Hosts within `allowed` may be private and need no TLS.

    Seconds: `timeout_seconds` for the whole request, from the look-up of the name to the end of the
    answer; `reach` to connect to one address.
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
        self._tls = tls or ssl.create_default_context()
        self._timeout_seconds = timeout_seconds
        self._reach = connect_timeout_seconds

    def check(self, url: str) -> str:
        """Return the host of `url` when it may be posted to as things stand.

        Raises:
            Forbidden: it may not; the sentence is fit for whoever gave it.
            DeliveryFailed: its name cannot be resolved just now.
        """
        destination = destination_of(url)
        self._addresses_of(destination, Deadline(self._timeout_seconds))
        return destination.host

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """Send `body` and return the answer, whatever its status.

        Raises:
            Forbidden: the URL leads where we do not go.
            DeliveryFailed: nobody answered in time, or not in HTTP.
        """
        destination, deadline = destination_of(url), Deadline(self._timeout_seconds)
        host = destination.host
        try:
            with self._connect(destination, deadline) as line:
                return http_post.post(line, destination, body, headers, deadline)
        except TimeoutError as error:
            raise _silent(f"{host} did not answer in time.") from error
        except ssl.SSLError as error:
            raise _silent(f"{host} cannot be reached over TLS ({error.reason}).") from error
        except OSError as error:
            raise _silent(f"{host} cannot be reached ({error.strerror or error}).") from error
        except h11.RemoteProtocolError as error:
            raise _silent(f"{host} does not answer in HTTP.") from error

    def _connect(self, destination: Destination, deadline: Deadline) -> socket.socket:
        trouble = OSError("no address")
        for address in self._addresses_of(destination, deadline)[:MOST_TRIED]:
            timeout_seconds = min(self._reach, deadline.left())
            try:
                line = socket.create_connection((str(address), destination.port), timeout_seconds)
            except OSError as error:
                trouble = error
            else:
                return self._secured(line, destination, deadline)
        raise trouble

    def _addresses_of(self, destination: Destination, deadline: Deadline) -> list[Address]:
        """Where a host stands. One address we do not call spoils all: honest names never mix."""
        if destination.address is None:
            addresses = self._look_up(destination, deadline)
        else:
            addresses = [destination.address]
        for address in addresses:
            if within(address, self._allowed):
                continue
            if not is_public(address):
                raise Forbidden(f"{destination.host} leads to an address that is not public.")
            if destination.scheme != "https":
                raise Forbidden("The URL must begin with https://.")
        return addresses

    def _look_up(self, destination: Destination, deadline: Deadline) -> list[Address]:
        found: list[Address] = []

        def look_up() -> None:
            with contextlib.suppress(OSError):
                found.extend(map(ip_address, self._resolve(destination.host, destination.port)))

        # In a thread of its own, for nothing can hurry the system's resolver.
        thread = threading.Thread(target=look_up, daemon=True)
        thread.start()
        thread.join(deadline.left())
        if thread.is_alive() or not found:
            raise _silent(f"The name {destination.host} cannot be resolved.")
        return list(dict.fromkeys(found))

    def _secured(
        self, line: socket.socket, destination: Destination, deadline: Deadline
    ) -> socket.socket:
        if destination.scheme == "http":
            return line
        try:
            line.settimeout(deadline.left())
            return self._tls.wrap_socket(line, server_hostname=destination.host)
        except BaseException:
            line.close()
            raise


def _resolve(host: str, port: int) -> list[str]:
    return [str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _silent(reason: str) -> DeliveryFailed:
    return DeliveryFailed(reason, permanent=False)
