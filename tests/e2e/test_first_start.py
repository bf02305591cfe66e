"""Eight processes at once on a database without a table: they wait for it, and then all is well."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from infrastructure.security.signing_key import fill_key_folder
from tests.support.processes.dev_process import ANNALS, annals, environment
from tests.support.servers.ports import free_ports
from tests.support.waiting import wait_until

SERVING = ("serve", "serve")
OTHERS = ("project", "project", "schedule", "schedule", "work")


@pytest.fixture
def ports() -> range:
    first = free_ports(2 * (len(SERVING) + len(OTHERS)))
    return range(first, first + 2 * (len(SERVING) + len(OTHERS)))


def test_eight_processes_may_start_together_on_an_empty_database(
    empty_database_url: str, redis_url: str, tmp_path: Path, ports: range
) -> None:
    fill_key_folder(tmp_path / "keys")
    given = {
        "database_url": empty_database_url,
        "redis_url": redis_url,
        "keys_dir": str(tmp_path / "keys"),
        "public_url": "http://annals.test",
        "log_format": "json",
    }
    verbs = SERVING + OTHERS
    watched = ports[: len(verbs)]
    with started(verbs, given, tmp_path, ports) as processes:
        migrated = annals("migrate", **given)
        assert migrated.returncode == 0, migrated.stderr

        def all_ready() -> bool:
            for verb, process in zip(verbs, processes, strict=True):
                assert process.poll() is None, (tmp_path / f"{verb}.log").read_text()
            return all(_ready(port) for port in watched)

        wait_until(all_ready, lambda: _said(tmp_path), within=60)
        address = f"http://127.0.0.1:{ports[len(verbs)]}"
        visit = annals("smoke", address, **given)
        assert visit.returncode == 0, visit.stderr


@contextmanager
def started(
    verbs: tuple[str, ...], given: dict[str, str], folder: Path, ports: range
) -> "Iterator[list[subprocess.Popen[bytes]]]":
    """All of them at once, each with a port for metrics; the API's are those after these."""
    processes = []
    try:
        for number, verb in enumerate(verbs):
            own = {"metrics_port": str(ports[number]), "port": str(ports[len(verbs) + number])}
            with (folder / f"{verb}.log").open("ab") as output:
                processes.append(
                    subprocess.Popen(
                        [*ANNALS, verb],
                        env=environment(**given, **own),
                        stdout=output,
                        stderr=output,
                    )
                )
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=20)


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def _said(folder: Path) -> str:
    return "\n".join(file.read_text()[-2000:] for file in folder.glob("*.log"))
