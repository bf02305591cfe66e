"""Servers that channels deliver to: a web server that says what it is told, with TLS or without."""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.servers.databases import scratch


class Tls(NamedTuple):
    """A certificate for `receiver.example` and 127.0.0.1, and a client that trusts it."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    certificate: str  # PEM, for clients that are other processes


class Request(NamedTuple):
    """`at` is when it came, in seconds of the monotonic clock."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    at: float


class Reply(NamedTuple):
    status: int = 204
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed
    body: bytes = b""


class Receiver:
    """Keeps what it is sent, and replies to each path what `replies` says, or 204."""

    def __init__(self, scheme: str) -> None:
        self.requests: list[Request] = []
        self.replies: dict[str, Reply] = {}
        self.scheme = scheme
        self.port = 0

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"


@contextmanager
def receiver(tls: Tls | None = None) -> Iterator[Receiver]:
    """A receiver on 127.0.0.1, gone when the block ends."""
    here = Receiver("https" if tls else "http")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(here))
    server.daemon_threads = True
    if tls:
        # The handshake belongs to the connection's thread, not to the one that accepts.
        server.socket = tls.server.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    here.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(here: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            # In this order: who sees the request may then change the replies.
            reply = here.replies.get(self.path, Reply())
            here.requests.append(Request(self.path, headers, body, time.monotonic()))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Tests say what went wrong themselves."""

    return Handler


def make_tls() -> Tls:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName("receiver.example"),
                    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
                ]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with scratch() as folder:
        file: Path = folder / "receiver.pem"
        file.write_bytes(private + pem)
        server.load_cert_chain(file)
    return Tls(
        server=server,
        client=ssl.create_default_context(cadata=pem.decode()),
        certificate=pem.decode(),
    )


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that does what `talk` does with each connection."""
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=_converse, args=(talk, line), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def _converse(talk: Callable[[socket.socket], None], line: socket.socket) -> None:
    with line, contextlib.suppress(OSError):
        talk(line)
