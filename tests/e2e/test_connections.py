"""A process holds its share of connections, and reads as much of a request as it must."""

import json
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from signal import SIGTERM

import httpx
import pytest

from interfaces.http.server.connection import RESERVE_CONNECTIONS
from tests.support.processes.serve_processes import Serving, serving
from tests.support.servers.databases import Postgres
from tests.support.servers.ports import free_port
from tests.support.waiting import wait_until


def test_a_full_process_turns_requests_away_but_not_those_who_ask_how_it_is(
    database_url: str, tmp_path: Path
) -> None:
    with serving(database_url, tmp_path, connections="4") as api, ExitStack() as idle:
        for _ in range(4):
            idle.enter_context(socket.create_connection(("127.0.0.1", api.port)))
        wait_until(lambda: _status(api.address + "/docs") == 503)
        answer = httpx.get(api.address + "/docs")
        assert answer.json()["type"] == "/problems/unavailable"
        assert answer.headers["retry-after"] == "1"
        assert _status(api.address + "/health/live") == 200
        handshake = (
            b"GET /api/v1/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert _first_line(api, handshake).startswith(b"HTTP/1.1 503")
        idle.close()
        wait_until(lambda: _status(api.address + "/docs") == 200)


def test_far_beyond_that_a_connection_is_ended_as_soon_as_it_is_made(
    database_url: str, tmp_path: Path
) -> None:
    with serving(database_url, tmp_path, connections="4") as api, ExitStack() as idle:
        for _ in range(4 + RESERVE_CONNECTIONS):
            idle.enter_context(socket.create_connection(("127.0.0.1", api.port)))
        wait_until(lambda: _first_line(api, b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n") == b"")
        idle.close()
        wait_until(lambda: _status(api.address + "/health/live") == 200)


def test_an_address_has_so_many_connections_and_another_one_is_served(
    database_url: str, tmp_path: Path
) -> None:
    with (
        serving(database_url, tmp_path, connections_per_address="4") as api,
        ExitStack() as idle,
    ):
        for _ in range(4):
            idle.enter_context(socket.create_connection(("127.0.0.1", api.port)))
        handshake = (
            b"GET /api/v1/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        asked = b"POST /docs HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
        for words in (b"GET /docs HTTP/1.1\r\nHost: a\r\n\r\n", asked, handshake):
            wait_until(lambda words=words: _first_line(api, words).startswith(b"HTTP/1.1 429"))  # type: ignore[misc]
        answer = _say(api, b"GET /docs HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"/problems/too-many-connections" in answer
        assert _from(api, "127.0.0.2").startswith(b"HTTP/1.1 200")
        # Far beyond that, nothing is answered.
        for _ in range(6):
            idle.enter_context(socket.create_connection(("127.0.0.1", api.port)))
        wait_until(lambda: _first_line(api, b"GET /docs HTTP/1.1\r\nHost: a\r\n\r\n") == b"")
        assert _from(api, "127.0.0.2").startswith(b"HTTP/1.1 200")
        idle.close()
        wait_until(lambda: _status(api.address + "/docs") == 200)


def test_of_a_trusted_proxy_the_requests_of_each_client_are_counted(
    database_url: str, tmp_path: Path
) -> None:
    with (
        serving(
            database_url, tmp_path, connections_per_address="3", trusted_proxies="127.0.0.0/8"
        ) as api,
        ExitStack() as open_bodies,
    ):
        half = (
            b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n"
            b"Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{"
        )
        for _ in range(3):
            connection = socket.create_connection(("127.0.0.1", api.port))
            open_bodies.enter_context(connection).sendall(half)
        wait_until(lambda: _forwarded(api, "203.0.113.9").startswith(b"HTTP/1.1 429"))
        assert _forwarded(api, "198.51.100.7").startswith(b"HTTP/1.1 200")


def test_processes_on_one_socket_share_who_comes_at_once(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path, processes=2) as api:
        rounds = [_shares_of(api, 32) for _ in range(5)]
    # A busy machine may keep a process from running for a whole round, but not for most of them.
    shared = [shares for shares in rounds if len(shares) == 2 and min(shares.values()) >= 8]
    assert len(shared) >= 3, rounds


def _shares_of(api: Serving, count: int) -> Counter[object]:
    """How many of so many connections, which are opened at once, each process has."""
    before = len(_said(api, "request", path="/docs"))
    with ExitStack() as clients:
        connections = [
            clients.enter_context(socket.create_connection(("127.0.0.1", api.port)))
            for _ in range(count)
        ]
        for connection in connections:
            connection.sendall(b"GET /docs HTTP/1.1\r\nHost: here\r\n\r\n")
            assert connection.recv(12) == b"HTTP/1.1 200"
        wait_until(lambda: len(_said(api, "request", path="/docs")) == before + count)
    return Counter(line["pid"] for line in _said(api, "request", path="/docs")[before:])


def test_what_is_being_answered_is_answered_although_we_were_told_to_stop(
    database_url: str, tmp_path: Path
) -> None:
    metrics = free_port()
    with (
        serving(database_url, tmp_path, metrics_port=metrics) as api,
        httpx.Client(base_url=f"{api.address}/api/v1", timeout=20) as http,
        ThreadPoolExecutor() as beside,
    ):
        account = {"email": "ada@example.org", "password": "correct horse battery", "name": "Ada"}
        assert http.post("/auth/register", json=account).status_code == 201
        account.pop("name")
        token = http.post("/auth/login", json=account).json()["access_token"]
        mine = {"Authorization": f"Bearer {token}"}
        # Nobody folds views here: this waits for one as long as anybody may.
        waiting = beside.submit(http.get, "/tasks", headers=mine | {"Annals-Min-Position": "1"})
        wait_until(lambda: _in_progress(metrics) == 1)
        api.processes[0].send_signal(SIGTERM)
        assert waiting.result().status_code == 504
        assert api.processes[0].wait(timeout=20) in (0, -SIGTERM)


@pytest.fixture(scope="module")
def api(
    postgres: Postgres, _migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("limits")
    with postgres.database(like=_migrated) as url, serving(url, folder) as running:
        yield running


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET /%b HTTP/1.1" % (b"a" * 8_000), 404),
        (b"GET /%b HTTP/1.1" % (b"a" * 9_000), 414),
        (b"GET /?%b HTTP/1.1" % (b"a" * 9_000), 414),
        (b"GET / HTTP/1.1\r\nx: %b" % (b"a" * 33_000), 431),
        (b"GET / HTTP/1.1" + b"\r\nx: y" * 10_000, 431),
        (b"GET / HTTP/1.1\r\nx: %b" % (b"a" * 500_000), 431),
        (b"GET / HTTP/1.1" + b"\r\nx: y" * 100_000, 431),
        (b"GET /%b HTTP/1.1" % (b"a" * 500_000), 431),
        (b"POST /api/v1/tasks HTTP/1.1\r\nContent-Length: 1048577", 413),
        (b"POST /api/v1/tasks HTTP/1.1\r\nContent-Length: -1", 400),
        (b"POST /api/v1/auth/login HTTP/1.1\r\nContent-Length: 4097", 413),
        (b"POST /api/v1/auth/register HTTP/1.1\r\nContent-Length: 8193", 413),
        (b"POST /api/v1/unsubscribe/x HTTP/1.1\r\nContent-Length: 4097", 413),
    ],
    ids=lambda value: str(value[:12]) if isinstance(value, bytes) else str(value),
)
def test_more_than_a_request_may_be_is_refused_in_the_same_form_as_everything(
    api: Serving, request_head: bytes, status: int
) -> None:
    said = _say(api, request_head + b"\r\nHost: a\r\nConnection: close\r\n\r\n")
    head, _, body = said.partition(b"\r\n\r\n")
    if not head:  # its end came while it was still being sent
        assert len(request_head) > 65_536
        return
    assert int(head.split()[1]) == status
    assert b"x-content-type-options: nosniff" in head
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == status


def test_a_body_in_pieces_is_read_up_to_the_limit_and_no_further(api: Serving) -> None:
    piece = b"400\r\n" + b"a" * 1024 + b"\r\n"
    head = (
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    # Without an end: whoever waited for it would wait for longer than this test does.
    assert _say(api, head + piece * 4 + b"1\r\na\r\n").startswith(b"HTTP/1.1 413 ")


def _said(api: Serving, event: str, **having: object) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in api.log.read_text().splitlines() if line.endswith("}")]
    return [line for line in lines if line["event"] == event and having.items() <= line.items()]


def _status(url: str) -> int:
    return httpx.get(url).status_code


def _in_progress(port: str) -> float:
    told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    [line] = [line for line in told.splitlines() if line.startswith("annals_http_requests_in_p")]
    return float(line.split()[-1])


def _from(api: Serving, address: str) -> bytes:
    """Return the first line of a response to a client with this address."""
    with socket.create_connection(
        ("127.0.0.1", api.port), timeout=10, source_address=(address, 0)
    ) as connection:
        connection.sendall(b"GET /docs HTTP/1.1\r\nHost: a\r\n\r\n")
        return connection.recv(65_536).partition(b"\r\n")[0]


def _forwarded(api: Serving, address: str) -> bytes:
    head = f"GET /docs HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {address}\r\n\r\n"
    return _first_line(api, head.encode())


def _first_line(api: Serving, words: bytes) -> bytes:
    return _say(api, words, enough=b"\r\n").partition(b"\r\n")[0]


def _say(api: Serving, words: bytes, *, enough: bytes = b"") -> bytes:
    """Return what is said to these words, until the connection ends or there is `enough`."""
    said = b""
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        try:
            connection.sendall(words)
            while not (enough and enough in said) and (more := connection.recv(65_536)):
                said += more
        except ConnectionError:
            pass
    return said
