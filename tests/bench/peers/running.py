"""Runs the peer with two workers on a database of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlmodel import SQLModel, create_engine

from tests.bench.peers import sqlmodel_tasks
from tests.support.servers.ports import free_port
from tests.support.waiting import wait_until

WORKERS = 2


# The same rows, in the order in which they are there.
_FILL = """
INSERT INTO peer_task (id, owner, title, description, tags, due_at, status, version, created_at,
    updated_at)
SELECT id, owner, title, description, to_json(tags), due_at, status, version, created_at,
    updated_at FROM views.task_list
"""


def fill_peer(url: str) -> None:
    """Give the peer's table in a database the tasks of its `task_list`."""
    engine = create_engine(_address(url))
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_FILL)
        connection.execute("VACUUM (ANALYZE) peer_task")


@contextmanager
def peer(url: str) -> Iterator[tuple[int, str]]:
    """Yield the port of the peer and a token; `url` names its database."""
    address = _address(url)
    engine = create_engine(address)
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "tests.bench.peers.sqlmodel_tasks:app"]
    process = subprocess.Popen(
        [*command, "--workers", str(WORKERS), "--port", port, "--no-access-log"],
        env={**os.environ, "PEER_DATABASE_URL": address},
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: _answers(port), within=60)
        yield int(port), sqlmodel_tasks.token_of(uuid4())
    finally:
        process.terminate()
        process.wait(timeout=30)


def _address(url: str) -> str:
    about = conninfo_to_dict(url)
    return (
        f"postgresql+psycopg://{about['user']}:{about['password']}"
        f"@{about['host']}:{about['port']}/{about['dbname']}"
    )


def _answers(port: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/openapi.json").status_code == 200
    except httpx.HTTPError:
        return False
