"""An acknowledged command is on the synchronous standby, however long that takes."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from infrastructure.postgres.migrations import migrate
from tests.support.processes.serve_processes import Serving, serving
from tests.support.servers.replicas import PostgresCluster, postgres_cluster
from tests.support.waiting import wait_until

CREATED = """
SELECT count(*) FROM stored_events WHERE topic = 'task.created'
    AND convert_from(state, 'UTF8')::json -> 'event' ->> 'owner' = %s
"""


class Person:
    """Somebody with an account at the API."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.account = client.get("/auth/me").json()["id"]

    def create(self, key: str) -> httpx.Response:
        headers = {"Idempotency-Key": key}
        return self.client.post("/tasks", json={"title": "Water"}, headers=headers)


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    """A primary and its standby for all tests; the last one fails over."""
    with postgres_cluster() as running:
        migrate(running.primary.url)
        running.wait_until_caught_up()
        yield running


@pytest.fixture(scope="module")
def api(cluster: PostgresCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(cluster.address, tmp_path_factory.mktemp("serve")) as running:
        yield running


@pytest.fixture
def ada(cluster: PostgresCluster, api: Serving) -> Iterator[Person]:
    wait_until(api.ready)
    token = api.sign_in(f"{uuid4().hex}@annals.example")
    with httpx.Client(
        base_url=f"{api.address}/api/v1",
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    ) as client:
        yield Person(client)


def created(cluster: PostgresCluster, person: Person) -> int:
    [(count,)] = cluster.primary.query(CREATED, person.account)
    return int(count)


def test_a_command_is_not_acknowledged_while_the_standby_is_missing(
    cluster: PostgresCluster, ada: Person
) -> None:
    cluster.synchronous("ghost")
    for _ in range(3):
        assert ada.create("key").status_code == 503
        assert created(cluster, ada) == 0
    cluster.asynchronous()
    wait_until(lambda: created(cluster, ada) == 1)
    late = ada.create("key")
    assert (late.status_code, late.headers["Idempotency-Replayed"]) == (201, "true")
    assert created(cluster, ada) == 1


def test_waits_for_a_missing_standby_do_not_use_up_the_connections(
    cluster: PostgresCluster, ada: Person, api: Serving
) -> None:
    assert ada.create("early").status_code == 201
    cluster.synchronous("ghost")
    for key in ("early", *"abcdefgh", "early", "early"):
        assert ada.create(key).status_code == 503
        api.ready()
    [(waiting,)] = cluster.primary.query(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    )
    assert waiting <= 5  # four appends and a confirmation
    cluster.asynchronous()
    wait_until(lambda: ada.create("early").status_code == 201)


def test_what_a_crash_shows_without_the_standby_is_not_replayed(
    cluster: PostgresCluster, ada: Person
) -> None:
    """A primary that starts again shows commits that were waiting for their standby."""
    cluster.synchronous("ghost")
    assert ada.create("key").status_code == 503
    cluster.primary.kill()
    cluster.primary.start()
    assert created(cluster, ada) == 1
    # It reads, and cannot write.
    wait_until(lambda: ada.client.get("/tasks").status_code == 200, within=60)
    assert ada.create("key").status_code == 503
    cluster.asynchronous()
    wait_until(lambda: ada.create("key").status_code == 201)
    assert created(cluster, ada) == 1


def test_every_acknowledged_command_survives_a_failover(
    cluster: PostgresCluster, ada: Person
) -> None:
    cluster.wait_until_caught_up()
    cluster.synchronous()
    acknowledged = [ada.create(f"early {n}").json()["id"] for n in range(10)]
    cluster.disconnect()
    assert ada.create("late").status_code == 503
    assert ada.create("late").status_code == 503
    cluster.fail_over()
    cluster.take_turns()
    wait_until(lambda: ada.create("probe").status_code == 201)
    for task in acknowledged:
        assert ada.client.get(f"/tasks/{task}").status_code == 200
    late = ada.create("late")
    assert late.status_code == 201
    assert "Idempotency-Replayed" not in late.headers
    assert created(cluster, ada) == 12
