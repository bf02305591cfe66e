"""`annals dev`: one process tree that keeps itself alive and leaves nothing behind."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM, Signals

import psycopg
import pytest
from redis import Redis

from tests.support.processes.dev_process import DevProcess, annals, data_folder, dev_process
from tests.support.waiting import wait_until

SERVERS_ALONE = {"dev_processes": "none"}


@pytest.fixture(scope="module")
def tree() -> Iterator[DevProcess]:
    """One for all tests that do not end it."""
    with data_folder() as folder, dev_process(folder, **SERVERS_ALONE) as tree:
        yield tree


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder for those that end, one after the other: only the first has to make a database."""
    with data_folder() as folder:
        yield folder


@pytest.mark.parametrize("number", [SIGINT, SIGTERM, SIGHUP])
def test_one_signal_ends_everything(home: Path, number: Signals) -> None:
    with dev_process(home, **SERVERS_ALONE) as tree:
        assert tree.end(number) == 0
        assert tree.members() == {}


def test_a_signal_during_the_start_leaves_nothing_behind() -> None:
    with data_folder() as folder:
        tree = DevProcess(folder, **SERVERS_ALONE)
        wait_until(lambda: tree.member("initdb"), tree.log_text)
        tree.end(SIGTERM)
        assert tree.members() == {}
        with dev_process(folder, **SERVERS_ALONE) as again:
            assert again.member("postgres -D")


def test_nothing_survives_the_kill_of_the_supervisor(home: Path) -> None:
    with dev_process(home, **SERVERS_ALONE) as tree:
        tree.end(SIGKILL)
        wait_until(lambda: not tree.members(), lambda: str(tree.members()))


def test_data_outlives_a_restart_and_a_kill(home: Path) -> None:
    with dev_process(home, **SERVERS_ALONE) as tree:
        with psycopg.connect(tree.database_url) as connection:
            connection.execute("CREATE TABLE views.kept (said text)")
            connection.execute("INSERT INTO kept VALUES ('before the kill')")
        with Redis(port=tree.port_of("valkey")) as client:
            client.set("kept", "before the kill")
        tree.end(SIGKILL)
    with dev_process(home, **SERVERS_ALONE) as tree:
        assert tree.end(SIGTERM) == 0
    with dev_process(home, **SERVERS_ALONE) as tree:
        with psycopg.connect(tree.database_url) as connection:
            assert connection.execute("SELECT said FROM kept").fetchall() == [("before the kill",)]
        with Redis(port=tree.port_of("valkey")) as client:
            assert client.get("kept") == b"before the kill"


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(home: Path) -> None:
    with dev_process(home, **SERVERS_ALONE):
        pid_file = (home / "postgres").resolve() / "data/postmaster.pid"
        left_behind, owner = pid_file.read_text(), pid_file.stat().st_uid
    _, _, rest = left_behind.partition("\n")
    # PostgreSQL fears only processes of its own account.
    with subprocess.Popen(["sleep", "60"], user=owner) as stranger:
        pid_file.write_text(f"{stranger.pid}\n{rest}")
        os.chown(pid_file, owner, -1)
        with dev_process(home, **SERVERS_ALONE) as tree:
            assert tree.member("postgres -D")
        stranger.kill()


@pytest.mark.parametrize("server", ["bin/postgres -D", "valkey-server"])
def test_a_server_that_is_killed_is_started_again(tree: DevProcess, server: str) -> None:
    killed = tree.member(server)
    os.kill(killed, SIGKILL)
    wait_until(lambda: tree.member(server) not in {0, killed}, tree.log_text)
    assert "process_restarting" in tree.log_text()
    assert str(killed) in tree.log_text()


def test_a_folder_in_use_is_refused_with_the_process_that_uses_it(tree: DevProcess) -> None:
    second = DevProcess(tree.folder, **SERVERS_ALONE)
    assert second.process.wait(timeout=60) == 1
    refusal = f"is in use by process {tree.process.pid}:"
    assert refusal in second.log_text()
    assert "Traceback" not in second.log_text()


def test_two_with_different_folders_run_side_by_side(tree: DevProcess, home: Path) -> None:
    with dev_process(home, **SERVERS_ALONE) as other:
        assert tree.port_of("postgres") != other.port_of("postgres")
        assert tree.port_of("valkey") != other.port_of("valkey")


def test_given_servers_are_used_and_none_is_embedded(
    empty_database_url: str, redis_url: str
) -> None:
    given = {"database_url": empty_database_url, "redis_url": redis_url}
    with data_folder() as folder, dev_process(folder, **SERVERS_ALONE, **given) as tree:
        assert list(tree.members()) == [tree.process.pid]
        with psycopg.connect(empty_database_url) as connection:
            migrated = connection.execute("SELECT count(*) FROM alembic_version").fetchone()
        assert migrated == (1,)


def test_a_port_in_use_is_refused_in_one_sentence() -> None:
    with data_folder() as folder, socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        tree = DevProcess(folder, port=str(number), dev_processes="serve")
        assert tree.process.wait(timeout=60) == 1
        assert f"Port {number} on 127.0.0.1 cannot be used" in tree.log_text()
        assert "Traceback" not in tree.log_text()


def test_other_commands_find_the_one_that_runs_on_their_data_folder(home: Path) -> None:
    with dev_process(home, **SERVERS_ALONE):
        assert annals("views", data_dir=str(home)).returncode == 0
        assert (home / "running.json").stat().st_mode & 0o777 == 0o600
    alone = annals("views", data_dir=str(home))
    assert alone.returncode == 2
    assert "ANNALS_DATABASE_URL" in alone.stderr


def test_secrets_are_readable_by_their_owner_alone(tree: DevProcess) -> None:
    for secret in ("postgres/password", "keys/0001.pem", "vapid-key"):
        assert (tree.folder / secret).stat().st_mode & 0o777 == 0o600
