"""The database of a run: a primary and its standby, which take turns when the primary dies."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from infrastructure.postgres.migrations import migrate
from tests.history.checker import Loss
from tests.history.evidence import missing_facts
from tests.support.servers.replicas import STANDBY, PostgresCluster, postgres_cluster
from tests.support.waiting import wait_until

# A commit waits until it is on the standby's disk. Nothing else is changed: the disk is real, the
# machine alone must not fail.
NEWEST = "SELECT max(start) FROM database_histories"


@dataclass
class ReplicatedDatabase:
    """Commits wait for the standby, except when a loss is asked for.

    `losses` has what each failover lost, `endings` the log of a server each time that it ended by
    itself. `address` leads to whichever of the two takes writes.
    """

    cluster: PostgresCluster
    address: str
    losses: list[Loss] = field(default_factory=list)
    endings: list[str] = field(default_factory=list)

    def crash(self) -> None:
        """Kill the primary with all its processes, and start it again."""
        self.cluster.primary.kill()
        self.cluster.primary.start()
        self.cluster.wait_until_caught_up()  # it shows commits that were waiting for the standby

    def kill_backend(self, pid: int) -> bool:
        """Kill one process of the primary; return whether all of it ended, and had to be started
        again, as whatever supervises a server does."""
        primary = self.cluster.primary
        primary.kill_backend(pid)
        ended = primary.ended
        if ended:
            self.endings.append(primary.last_life())
            primary.start()
        self.cluster.wait_until_caught_up()  # as after a crash
        return ended

    def kill_recovery(self, pid: int) -> bool:
        """Kill one process of the primary and the recovery that follows, which ends all of it;
        start it again. Return whether the recovery was not already over."""
        primary = self.cluster.primary
        primary.kill_recovery(pid)
        ended = primary.ended
        if ended:
            primary.start()
        self.cluster.wait_until_caught_up()
        return ended

    def fail_over(self) -> None:
        """Kill the primary and promote the standby, which has all that was acknowledged."""
        before = self._newest_history()
        self.cluster.fail_over()
        self._follow(before, synchronous=True)

    def fail_over_late(self, seconds: float) -> None:
        """Let commits not wait for the standby, nor reach it, for so long; then fail over to it."""
        before = self._newest_history()
        self.cluster.disconnect()
        self.cluster.asynchronous()
        time.sleep(seconds)
        self.cluster.fail_over()
        self.cluster.standby.query(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")
        self.cluster.standby.query("SELECT pg_reload_conf()")
        self._follow(before, synchronous=False)

    def _follow(self, before: int, *, synchronous: bool) -> None:
        """Note what the former primary alone has, and let it follow the new one."""
        wait_until(lambda: self._newest_history(at_standby=True) > before)
        start = self._newest_history(at_standby=True)
        with self.cluster.primary.aside() as url:
            lost = missing_facts(url, self.cluster.standby.url)
        self.losses.append(Loss(lost, start, synchronous))
        self.cluster.take_turns()

    def _newest_history(self, *, at_standby: bool = False) -> int:
        node = self.cluster.standby if at_standby else self.cluster.primary
        try:
            [(start,)] = node.query(NEWEST)
        except psycopg.OperationalError:
            return -1
        return int(start)


@contextmanager
def replicated_database() -> Iterator[ReplicatedDatabase]:
    """Migrated, with a standby that commits wait for; gone with its data when the block ends."""
    with postgres_cluster() as cluster:
        migrate(cluster.primary.url)
        cluster.wait_until_caught_up()
        cluster.synchronous()
        yield ReplicatedDatabase(cluster, cluster.address)
