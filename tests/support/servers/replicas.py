"""A PostgreSQL with a streaming standby: crashes, a replica that lags, and failover to it."""

import asyncio
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGINT, SIGKILL
from subprocess import Popen
from typing import Any
from urllib.parse import urlsplit

import psycopg
from msgspec.structs import replace
from psycopg import sql

from infrastructure.development.embedded.postgres import EmbeddedPostgres
from tests.support.servers.databases import run_to_end, running, scratch
from tests.support.servers.ports import free_port
from tests.support.waiting import wait_until

# Commits reach the write-ahead log before they are answered, and a kill -9 keeps what is there.
# Only the machine itself must not fail. Full pages stay in the write-ahead log: a process that is
# killed can leave a page on disk half-written or empty, and without its full page the server does
# not start again ("WAL contains references to invalid pages").
OPTIONS = {"fsync": "off", "shared_buffers": "32MB"}
STANDBY = "standby"
MOST_LINES = 60  # of a log


class PostgresNode:
    """One server of a cluster, which a test can kill, start again, or promote."""

    def __init__(self, home: Path, options: dict[str, str]) -> None:
        self.embedded = EmbeddedPostgres(home, options)
        self.url = self.embedded.url
        self._process: Popen[bytes] | None = None

    def start(self, *, most: int | None = None) -> None:
        """Start it, and return once it answers; a standby answers reads alone.

        It can write to no file beyond the first `most` bytes.
        """
        asyncio.run(self.embedded.initialise(run_to_end))
        server = self.embedded.server
        if most is not None:
            limit = f'ulimit -f {most // 512} && exec "$0" "$@"'
            server = replace(server, argv=("/bin/sh", "-c", limit, *server.argv))
        self._process = server.spawn()
        asyncio.run(self.embedded.ready())

    def stop(self) -> None:
        """End it in order: everything committed is on disk."""
        if self._process is not None:
            self._process.send_signal(SIGINT)
            self._process.wait(timeout=20)
            self._process = None

    def remove(self) -> None:
        """End it, and remove its data."""
        self.stop()
        shutil.rmtree(self.embedded.home)

    def kill(self) -> None:
        """Kill -9 it with all its processes, as the loss of its machine would."""
        assert self._process is not None, "it does not run"
        self._process.kill()
        for pid in self._pids():
            os.kill(pid, SIGKILL)
        self._process.wait(timeout=20)
        self._process = None
        wait_until(lambda: not self._pids())

    def kill_backend(self, pid: int | None = None) -> None:
        """Kill -9 the process of one connection, of a new one unless given: PostgreSQL ends all
        others and recovers. Return once it answers, or has ended altogether."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            os.kill(pid or connection.info.backend_pid, SIGKILL)
            wait_until(lambda: _is_broken(connection))
        wait_until(lambda: self.ended or self.answers(), self.embedded.server.last_output)

    def kill_recovery(self, pid: int) -> None:
        """Kill -9 one of its processes, and then the recovery that follows: PostgreSQL ends, as its
        documentation says. Return once it has, or is through with the recovery."""
        assert self._process is not None, "it does not run"
        with psycopg.connect(self.url, autocommit=True) as connection:
            os.kill(pid, SIGKILL)
            wait_until(lambda: _is_broken(connection))
        wait_until(lambda: self._kill_startup_process() or self.answers(), self.last_life)

    def _kill_startup_process(self) -> bool:
        for pid in self._pids():
            with suppress(OSError):
                if b"postgres: startup" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, SIGKILL)
        return self.ended

    def promote(self) -> None:
        """Make this standby the primary; return once it takes writes."""
        self.query("SELECT pg_promote(wait => true, wait_seconds => 30)")
        wait_until(lambda: self.query("SELECT pg_is_in_recovery()") == [(False,)])

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement on a connection of its own; return its rows, if it has any."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def aside(self) -> Iterator[str]:
        """Start it after a kill at another address, which is given: what it alone has can be read,
        and nobody else finds it."""
        port, other = urlsplit(self.url).port, free_port()
        asyncio.run(self.embedded.initialise(run_to_end))
        server = self.embedded.server
        with running(replace(server, argv=(*server.argv, "-c", f"port={other}"))):
            url = self.url.replace(f":{port}/", f":{other}/")
            wait_until(lambda: _answers(url), server.last_output)
            yield url

    def last_life(self) -> str:
        """Return what its log says since it was started last, the end of it."""
        lines = (self.embedded.home / "postgres.log").read_text(errors="replace").splitlines()
        starts = [n for n, line in enumerate(lines) if "starting PostgreSQL" in line]
        return "\n".join(lines[starts[-1] if starts else 0 :][-MOST_LINES:])

    @property
    def ended(self) -> bool:
        """Whether it ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def answers(self) -> bool:
        return _answers(self.url)

    def _pids(self) -> list[int]:
        data = self.embedded.home / "data"
        names = (process.name for process in Path("/proc").iterdir())
        return [int(name) for name in names if name.isdigit() and _works_in(name, data)]


class PostgresCluster:
    """A primary and the standby that follows it, asynchronously unless told otherwise."""

    def __init__(self, folder: Path, options: dict[str, str]) -> None:
        self.primary = PostgresNode(folder / "primary", options)
        self.primary.start()
        home = folder / STANDBY
        home.mkdir(mode=0o700)
        shutil.copy(self.primary.embedded.home / "password", home)  # its data comes with it
        self.standby = PostgresNode(home, options)
        self._copy_primary()
        self.standby.start()
        self.wait_until_caught_up()

    @property
    def address(self) -> str:
        """The address of whichever of the two servers takes writes."""
        account, _, first = self.primary.url.partition("@")
        (one, _, name), other = first.partition("/"), self.standby.url.rpartition("@")[2]
        return f"{account}@{one},{other.partition('/')[0]}/{name}?target_session_attrs=read-write"

    def synchronous(self, standbys: str = STANDBY) -> None:
        """Let commits wait for the standby; of another name than its own, for ever."""
        self._set(self.primary, "synchronous_standby_names", standbys)
        wait_until(lambda: self.primary.query("SHOW synchronous_standby_names") == [(standbys,)])

    def asynchronous(self) -> None:
        self.synchronous("")

    def disconnect(self) -> None:
        """Let nothing more reach the standby: what is committed from now on is not there."""
        self._conninfo = self.standby.query("SHOW primary_conninfo")[0][0]
        self._set(self.standby, "primary_conninfo", "")
        wait_until(lambda: not self.primary.query("SELECT 1 FROM pg_stat_replication"))

    def reconnect(self) -> None:
        self._set(self.standby, "primary_conninfo", self._conninfo)
        wait_until(lambda: self.primary.query("SELECT 1 FROM pg_stat_replication"))

    def fail_over(self) -> None:
        """Kill the primary and promote the standby, which has a prefix of its commits."""
        self.primary.kill()
        self.standby.promote()

    def take_turns(self) -> None:
        """After a failover, let the former primary follow the standby that was promoted."""
        self.primary, self.standby = self.standby, self.primary
        shutil.rmtree(self.standby.embedded.home / "data")
        self._copy_primary()
        self.standby.start()
        self.wait_until_caught_up()

    def wait_until_caught_up(self) -> None:
        """Return once the standby has replayed all that the primary has written so far."""
        [(written,)] = self.primary.query("SELECT pg_current_wal_lsn()::text")
        wait_until(
            lambda: self.primary.query(
                "SELECT 1 FROM pg_stat_replication WHERE replay_lsn >= %s::pg_lsn", written
            ),
            self.standby.embedded.server.last_output,
        )

    def end(self) -> None:
        for node in (self.standby, self.primary):
            node.remove()

    def _copy_primary(self) -> None:
        server = self.standby.embedded.server
        data = self.standby.embedded.home / "data"
        asyncio.run(
            run_to_end(
                replace(
                    server,
                    name="pg_basebackup",
                    argv=(
                        str(Path(server.argv[0]).with_name("pg_basebackup")),
                        f"--dbname={self.primary.url}?application_name={STANDBY}",
                        f"--pgdata={data}",
                        "--checkpoint=fast",
                        "--wal-method=stream",
                        "--write-recovery-conf",
                        "--no-sync",
                    ),
                )
            )
        )

    def _set(self, node: PostgresNode, name: str, value: str) -> None:
        with psycopg.connect(node.url, autocommit=True) as connection:
            quoted = sql.Literal(value)
            connection.execute(
                sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), quoted)
            )
            connection.execute("SELECT pg_reload_conf()")


@contextmanager
def postgres_cluster(options: dict[str, str] = OPTIONS) -> Iterator[PostgresCluster]:
    """A primary and a standby of their own, gone with their data when the block ends."""
    with scratch() as folder:
        cluster = PostgresCluster(folder, options)
        try:
            yield cluster
        finally:
            cluster.end()


def _works_in(pid: str, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder
    except OSError:
        return False


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def _is_broken(connection: psycopg.Connection[Any]) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    time.sleep(0.01)
    return False


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's own programs."""
    with scratch() as folder:
        return str(Path(PostgresNode(folder / "none", {}).embedded.server.argv[0]).with_name(name))
