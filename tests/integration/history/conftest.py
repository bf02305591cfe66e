"""A primary and its standby, migrated, and nobody who has used them."""

from collections.abc import Iterator

import pytest

from infrastructure.postgres.migrations import migrate
from tests.support.servers.replicas import PostgresCluster, postgres_cluster


@pytest.fixture
def cluster() -> Iterator[PostgresCluster]:
    with postgres_cluster() as running:
        migrate(running.primary.url)
        running.wait_until_caught_up()
        yield running
