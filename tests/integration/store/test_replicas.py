"""A cluster for tests: what its standby has after a failover is a prefix of the commits."""

import contextlib
from collections.abc import Iterator

import psycopg
import pytest

from tests.support.servers.replicas import PostgresCluster, postgres_cluster
from tests.support.waiting import wait_until


@pytest.fixture
def cluster() -> Iterator[PostgresCluster]:
    with postgres_cluster() as running:
        running.primary.query("CREATE TABLE note (id bigserial PRIMARY KEY, words text)")
        yield running


def write(cluster: PostgresCluster, words: str) -> None:
    cluster.primary.query("INSERT INTO note (words) VALUES (%s)", words)


def written(cluster: PostgresCluster) -> list[str]:
    return [words for (words,) in cluster.standby.query("SELECT words FROM note ORDER BY id")]


def test_a_row_that_was_sent_is_on_the_promoted_standby(cluster: PostgresCluster) -> None:
    write(cluster, "sent")
    cluster.wait_until_caught_up()
    cluster.fail_over()
    cluster.standby.query("INSERT INTO note (words) VALUES ('after')")
    assert written(cluster) == ["sent", "after"]


def test_a_row_that_was_not_sent_is_lost_with_the_primary(cluster: PostgresCluster) -> None:
    write(cluster, "sent")
    cluster.wait_until_caught_up()
    cluster.disconnect()
    write(cluster, "not sent")
    cluster.fail_over()
    assert written(cluster) == ["sent"]


def test_a_synchronous_commit_waits_for_the_standby(cluster: PostgresCluster) -> None:
    cluster.synchronous()
    write(cluster, "sent")
    cluster.disconnect()
    # Sent and not waited for: nothing else is to be done on this connection.
    with contextlib.closing(psycopg.connect(cluster.primary.url, autocommit=True)) as connection:
        connection.pgconn.send_query(b"INSERT INTO note (words) VALUES ('waiting')")
        wait_until(
            lambda: cluster.primary.query(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            )
        )
        assert cluster.primary.query("SELECT words FROM note") == [("sent",)]
    cluster.fail_over()
    assert written(cluster) == ["sent"]


def test_a_killed_primary_starts_again_with_every_commit(cluster: PostgresCluster) -> None:
    write(cluster, "before")
    cluster.primary.kill()
    cluster.primary.start()
    cluster.primary.kill_backend()
    write(cluster, "after")
    cluster.wait_until_caught_up()
    assert written(cluster) == ["before", "after"]
