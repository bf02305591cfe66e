"""A process that holds as many connections as it may says so, and goes on."""

import socket
from contextlib import ExitStack
from pathlib import Path

import httpx

from tests.serving import serving
from tests.tree import until


def test_a_full_process_turns_requests_away_but_not_those_who_ask_how_it_is(
    database_url: str, tmp_path: Path
) -> None:
    with serving(database_url, tmp_path, connections="4") as api, ExitStack() as idle:
        for _ in range(4):
            idle.enter_context(socket.create_connection(("127.0.0.1", api.port)))
        until(lambda: _status(api.address + "/docs") == 503)
        answer = httpx.get(api.address + "/docs")
        assert answer.json()["type"] == "/problems/unavailable"
        assert answer.headers["retry-after"] == "1"
        assert _status(api.address + "/health/live") == 200
        idle.close()
        until(lambda: _status(api.address + "/docs") == 200)


def _status(url: str) -> int:
    return httpx.get(url).status_code
