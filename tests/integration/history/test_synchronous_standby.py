"""An acknowledged command is on the synchronous standby, however long that takes."""

from pathlib import Path
from uuid import uuid4

import httpx

from tests.support.processes.serve_processes import Serving, serving
from tests.support.servers.replicas import PostgresCluster
from tests.support.waiting import wait_until

CREATED = "SELECT count(*) FROM stored_events WHERE topic = 'task.created'"


def person(api: Serving) -> httpx.Client:
    token = api.sign_in(f"{uuid4().hex}@annals.example")
    return httpx.Client(
        base_url=f"{api.address}/api/v1",
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    )


def create(client: httpx.Client, key: str) -> httpx.Response:
    return client.post("/tasks", json={"title": "Water"}, headers={"Idempotency-Key": key})


def test_a_command_is_not_acknowledged_while_the_standby_is_missing(
    cluster: PostgresCluster, tmp_path: Path
) -> None:
    with serving(cluster.primary.url, tmp_path) as api, person(api) as client:
        cluster.synchronous("ghost")
        for _ in range(3):
            assert create(client, "key").status_code == 503
            assert cluster.primary.query(CREATED) == [(0,)]
        cluster.asynchronous()
        wait_until(lambda: cluster.primary.query(CREATED) == [(1,)])
        late = create(client, "key")
        assert (late.status_code, late.headers["Idempotency-Replayed"]) == (201, "true")
        assert cluster.primary.query(CREATED) == [(1,)]


def test_what_a_crash_shows_without_the_standby_is_not_replayed(
    cluster: PostgresCluster, tmp_path: Path
) -> None:
    """A primary that starts again shows commits that were waiting for their standby."""
    with serving(cluster.primary.url, tmp_path) as api, person(api) as client:
        cluster.synchronous("ghost")
        assert create(client, "key").status_code == 503
        cluster.primary.kill()
        cluster.primary.start()
        assert cluster.primary.query(CREATED) == [(1,)]
        # It reads, and cannot write.
        wait_until(lambda: client.get("/tasks").status_code == 200, within=60)
        assert create(client, "key").status_code == 503
        cluster.asynchronous()
        assert create(client, "key").status_code == 201
        assert cluster.primary.query(CREATED) == [(1,)]


def test_every_acknowledged_command_survives_a_failover(
    cluster: PostgresCluster, tmp_path: Path
) -> None:
    with serving(cluster.address, tmp_path) as api, person(api) as client:
        cluster.synchronous()
        acknowledged = [create(client, f"early {n}").json()["id"] for n in range(10)]
        cluster.disconnect()
        assert create(client, "late").status_code == 503
        assert create(client, "late").status_code == 503
        cluster.fail_over()
        cluster.standby.query("ALTER SYSTEM RESET synchronous_standby_names")
        cluster.standby.query("SELECT pg_reload_conf()")
        wait_until(lambda: create(client, "probe").status_code == 201)
        for task in acknowledged:
            assert client.get(f"/tasks/{task}").status_code == 200
        late = create(client, "late")
        assert late.status_code == 201
        assert "Idempotency-Replayed" not in late.headers
        assert cluster.standby.query(CREATED) == [(12,)]


def test_waits_for_a_missing_standby_do_not_use_up_the_connections(
    cluster: PostgresCluster, tmp_path: Path
) -> None:
    with serving(cluster.primary.url, tmp_path) as api, person(api) as client:
        assert create(client, "early").status_code == 201
        cluster.synchronous("ghost")
        for key in ("early", *"abcdefgh", "early", "early"):
            assert create(client, key).status_code == 503
            api.ready()
        [(waiting,)] = cluster.primary.query(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        )
        assert waiting <= 5  # four appends and a confirmation
        cluster.asynchronous()
        wait_until(lambda: create(client, "early").status_code == 201)
