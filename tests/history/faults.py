"""What goes wrong in a run: kills, stops, cuts, failovers, a forgetful cache, rebuilds."""

import asyncio
import contextlib
import os
import random
from asyncio.subprocess import DEVNULL
from collections import Counter
from collections.abc import Awaitable, Callable
from signal import SIGCONT, SIGKILL, SIGSTOP
from typing import Any

import psycopg
from redis import Redis

from tests.history.failovers import ReplicatedDatabase
from tests.support.processes.dev_process import ANNALS, DevProcess, environment

# A member of the tree, by words of its command line.
MEMBERS = {
    "serve": "interfaces.cli serve",
    "project": "interfaces.cli project",
    "schedule": "interfaces.cli schedule",
    "work": "interfaces.cli work",
    "relay": "interfaces.cli relay",
    "Valkey": "valkey-server",
}
REBUILD_SECONDS = 60  # a rebuild may take once nothing goes wrong any more
VIEWS = ("task_list", "due_reminders", "history", "occurrences", "series_list")


class Faults:
    """Does one thing after another to a tree and its database; `done` counts them by name."""

    def __init__(
        self, tree: DevProcess, database: ReplicatedDatabase, chance: random.Random
    ) -> None:
        self.done: Counter[str] = Counter()
        self._tree = tree
        self._database = database
        self._chance = chance
        self._rebuilds: list[asyncio.subprocess.Process] = []

    async def rage(self, seconds: float) -> None:
        """Go on for so long, with pauses in which the tree may come back.

        The ways are dealt like cards: each comes, in any order, before one comes again.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        ways = [self._kill] * 5 + [self._stop] * 3
        ways += [self._crash, self._kill_backend, self._cut, self._fail_over, self._fail_over_late]
        ways += [self._kill_recovery, self._flush, self._rebuild]
        deck: list[Callable[[], Awaitable[None]]] = []
        while loop.time() < end:
            await asyncio.sleep(self._chance.uniform(0.3, 2.0))
            if not deck:
                deck = self._chance.sample(ways, len(ways))
            # What has just died cannot be hurt; that is as good as a pause. A server that does not
            # come back ends the run: without it, nothing is judged.
            with contextlib.suppress(ProcessLookupError):
                await deck.pop()()

    async def end(self) -> None:
        """Wait for the rebuilds that are under way."""
        for process in self._rebuilds:
            try:
                await asyncio.wait_for(process.wait(), REBUILD_SECONDS)
            except TimeoutError:
                process.kill()
                self.done["rebuilds that did not end"] += 1

    def _victim(self) -> tuple[str, int]:
        name = self._chance.choice(list(MEMBERS))
        pids = [pid for pid, line in self._tree.members().items() if MEMBERS[name] in line]
        if not pids:
            raise ProcessLookupError(name)
        return name, self._chance.choice(sorted(pids))

    async def _kill(self) -> None:
        name, pid = self._victim()
        os.kill(pid, SIGKILL)
        self.done[f"kill -9 {name}"] += 1

    async def _stop(self) -> None:
        """Stop a process, and let it wake among others that went on: a zombie."""
        name, pid = self._victim()
        os.kill(pid, SIGSTOP)
        await asyncio.sleep(self._chance.uniform(0.2, 3.0))
        os.kill(pid, SIGCONT)
        self.done[f"stop {name}"] += 1

    async def _crash(self) -> None:
        await asyncio.to_thread(self._database.crash)
        self.done["kill -9 PostgreSQL"] += 1

    async def _fail_over(self) -> None:
        await asyncio.to_thread(self._database.fail_over)
        self.done["fail over"] += 1

    async def _fail_over_late(self) -> None:
        seconds = self._chance.uniform(0.2, 1.5)
        await asyncio.to_thread(self._database.fail_over_late, seconds)
        self.done["fail over to a standby that lags"] += 1

    async def _kill_backend(self) -> None:
        """Let PostgreSQL recover without starting anew."""
        kind, pid = await self._one_backend()
        if await asyncio.to_thread(self._database.kill_backend, pid):
            self.done["PostgreSQL ended by itself"] += 1
        self.done[f"kill -9 a {kind}"] += 1

    async def _kill_recovery(self) -> None:
        _, pid = await self._one_backend()
        if await asyncio.to_thread(self._database.kill_recovery, pid):
            self.done["kill -9 a recovery"] += 1

    async def _cut(self) -> None:
        await asyncio.to_thread(
            self._query,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            " AND random() < 0.5",
        )
        self.done["cut connections"] += 1

    async def _flush(self) -> None:
        url = f"redis://127.0.0.1:{self._tree.port_of('valkey')}"
        try:
            with Redis.from_url(url, socket_timeout=1) as client:
                await asyncio.to_thread(client.flushall)
        except Exception as error:
            raise ProcessLookupError("Valkey") from error
        self.done["flush Valkey"] += 1

    async def _rebuild(self) -> None:
        self._rebuilds.append(
            await asyncio.create_subprocess_exec(
                *(*ANNALS, "views", "rebuild", self._chance.choice(VIEWS)),
                env=environment(database_url=self._database.address, log_level="error"),
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=DEVNULL,
            )
        )
        self.done["rebuild a view"] += 1

    async def _one_backend(self) -> tuple[str, int]:
        """Return what a process of PostgreSQL does, and its id: most serve a client."""
        rows = await asyncio.to_thread(
            self._query,
            "SELECT backend_type, pid FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() ORDER BY pid",
        )
        if not rows:
            raise ProcessLookupError("a backend")
        kind, pid = self._chance.choice(rows)
        return str(kind), int(pid)

    def _query(self, statement: str) -> list[Any]:
        try:
            with psycopg.connect(
                self._database.address, autocommit=True, connect_timeout=2
            ) as connection:
                return connection.execute(statement.encode()).fetchall()
        except psycopg.Error as error:
            raise ProcessLookupError("PostgreSQL") from error
