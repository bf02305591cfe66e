"""Runs the peer with two workers on a database of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
import jwt
from psycopg.conninfo import conninfo_to_dict
from sqlmodel import SQLModel, create_engine

from tests.bench.peers import sqlmodel_tasks
from tests.support.servers.ports import free_port
from tests.support.waiting import wait_until

WORKERS = 2


@contextmanager
def peer(url: str) -> Iterator[tuple[int, str]]:
    """Yield the port of the peer and a token; `url` names its empty database."""
    about = conninfo_to_dict(url)
    address = (
        f"postgresql+psycopg://{about['user']}:{about['password']}"
        f"@{about['host']}:{about['port']}/{about['dbname']}"
    )
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
        yield int(port), jwt.encode({"sub": str(uuid4())}, sqlmodel_tasks.SECRET, algorithm="HS256")
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(port: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/openapi.json").status_code == 200
    except httpx.HTTPError:
        return False
