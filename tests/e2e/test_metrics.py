"""What every process tells Prometheus is what docs/metrics.md says, and it is true."""

import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from infrastructure.postgres.connections import connect
from tests.support.kafka.brokers import EMBEDDED, broker
from tests.support.processes.dev_process import data_folder, dev_process, environment
from tests.support.processes.metrics_cluster import MetricsCluster, metrics_cluster, types_of
from tests.support.processes.process_cluster import process_cluster, seconds_from_now
from tests.support.servers.ports import free_port, free_ports
from tests.support.servers.proxy import wire_to
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

ALL = ("serve", "project", "schedule", "work", "relay")
PAGE = (Path(__file__).parents[2] / "docs/metrics.md").read_text()
# What prometheus-client tells of every process besides.
OF_THE_CLIENT = re.compile(r"process_")


class Row:
    """One line of the table: name | type | labels | meaning | process."""

    def __init__(self, line: str) -> None:
        name, self.type, labels, _, by = (cell.strip() for cell in line.strip("|").split("|"))
        self.name = name.strip("`")
        self.labels = frozenset(re.findall(r"`(\w+)`", labels))
        self.processes = set(ALL) if by == "all" else set(by.split(", "))


def rows() -> dict[str, Row]:
    found = [Row(line) for line in PAGE.splitlines() if line.startswith("| `")]
    return {row.name: row for row in found}


@asynccontextmanager
async def everything(database_url: str, redis_url: str) -> AsyncIterator[MetricsCluster]:
    with broker(EMBEDDED) as kafka:
        async with (
            process_cluster(database_url, redis_url) as cluster,
            metrics_cluster(
                cluster,
                *ALL,
                kafka_bootstrap_servers=kafka.bootstrap_servers,
                kafka_create_topics="yes",
                account_requests_per_second="1000",
                logins_per_minute="2",
            ) as monitored,
        ):
            yield monitored


async def test_every_process_tells_what_the_catalogue_says(
    database_url: str, redis_url: str
) -> None:
    catalogue = rows()
    async with everything(database_url, redis_url) as monitored:
        await _a_day_in_the_life(monitored)
        for verb in ALL:
            answer = await monitored.ask(verb, "/metrics")
            assert answer.headers["content-type"].startswith("text/plain; version=")
            told = {
                name: kind
                for name, kind in types_of(answer.text).items()
                if name in catalogue or not OF_THE_CLIENT.match(name)
            }
            said = {name: row.type for name, row in catalogue.items() if verb in row.processes}
            assert told == said, verb
            for sample in await monitored.samples(verb):
                row = catalogue.get(re.sub(r"_(bucket|sum|count)$", "", sample.name))
                if row := row or catalogue.get(sample.name):
                    assert sample.labels.keys() - {"le"} == row.labels, sample
            assert "ada" not in answer.text


async def _a_day_in_the_life(monitored: MetricsCluster) -> None:
    """Something happens, everywhere; then it is told how often."""
    cluster = monitored.cluster
    ada = await cluster.person_with_mail("ada")
    async with monitored.as_served(ada) as served:
        task = await served.task("Water the plants", due_at=seconds_from_now(3600))
        path = f"/tasks/{task['id']}"
        ring = await served.ask("POST", f"{path}/reminders", {"at": seconds_from_now(1)})
        assert ring.status_code == 201, ring.text
        await cluster.mail_matching(lambda mail: "Water the plants" in mail.mail["Subject"])
        assert (await served.ask("POST", f"{path}/complete")).status_code == 200
        assert (await served.get("/no/such/thing")).status_code == 404
        conflict = await served.ask("PATCH", path, {"title": "x"}, if_match='"1"')
        assert conflict.status_code == 412
        wrong = {"email": "nobody@example.org", "password": "nothing at all"}
        guesses = [await served.http.post("/auth/login", json=wrong) for _ in range(3)]
        assert [answer.status_code for answer in guesses] == [401, 401, 429]
        async with served.http.stream(
            "GET",
            "/stream",
            headers={"authorization": f"Bearer {ada.tokens['access_token']}"},
            params={"after": 0},
        ) as stream:
            lines = stream.aiter_lines()
            await anext(lines)
            assert await monitored.sample("serve", "annals_live_streams", kind="sse") == 1

    tasks = "/api/v1/tasks"
    await monitored.until_sample(
        1, "serve", "annals_http_requests_total", method="POST", route=tasks, status="201"
    )
    completed = {"method": "POST", "route": "/api/v1/tasks/{task_id}/complete"}
    assert (
        await monitored.sample("serve", "annals_http_request_duration_seconds_count", **completed)
        == 1
    )
    assert await monitored.sample("serve", "annals_http_requests_total", route="none") == 1
    for outcome, command in (("recorded", "CreateTask"), ("conflict", "ChangeTask")):
        labels = {"command": command, "outcome": outcome}
        assert await monitored.sample("serve", "annals_commands_total", **labels) == 1
    assert await monitored.sample("serve", "annals_rate_limited_total", rule="login") == 1
    assert await monitored.sample("serve", "annals_signing_key_age_seconds")

    await monitored.until_sample(1, "project", "annals_tasks_created_total")
    await monitored.until_sample(1, "project", "annals_tasks_completed_total")
    # The one asked for, and the one that preferences set for the due date.
    assert await monitored.sample("project", "annals_reminders_set_total") == 2
    assert await monitored.sample("project", "annals_reminders_total", outcome="triggered") == 1
    assert await monitored.sample("project", "annals_reminder_delay_seconds_count") == 1
    view = {"kind": "view", "name": "task_list"}
    await monitored.until_sample(0, "project", "annals_follower_lag_events", **view)
    assert await monitored.sample("project", "annals_follower_active", **view) == 1
    end = await monitored.sample("project", "annals_log_position")
    assert end
    assert await monitored.sample("project", "annals_follower_position", **view) == end

    assert await monitored.sample(
        "work", "annals_notifications_total", channel="email", outcome="sent"
    )
    assert await monitored.sample("schedule", "annals_notifications_pending") == 0
    assert await monitored.sample("schedule", "annals_scheduler_last_round_timestamp_seconds")
    assert await monitored.sample("schedule", "annals_queue_messages", queue="email") == 0
    relay = {"kind": "relay", "name": "relay"}
    await monitored.until_sample(0, "relay", "annals_follower_lag_events", **relay)
    assert await monitored.sample("relay", "annals_relay_sent_total", topic="task-events")


async def test_what_lags_is_told_in_events_and_in_seconds(
    database_url: str, redis_url: str
) -> None:
    async with (
        process_cluster(database_url, redis_url) as cluster,
        metrics_cluster(cluster, "project") as monitored,
    ):
        ada = await cluster.person("ada")
        view = {"kind": "view", "name": "task_list"}
        await monitored.until_sample(0, "project", "annals_follower_lag_events", **view)
        # Somebody holds the view's position: the projector has to wait.
        async with await connect(database_url) as other, other.transaction():
            await other.execute(
                "SELECT FROM notification_tracking WHERE application_name = 'task_list' FOR UPDATE"
            )
            await ada.task()
            # More than this one, if reactions record something meanwhile.
            await monitored.until_any("project", "annals_follower_lag_events", **view)
            first = await monitored.sample("project", "annals_follower_lag_seconds", **view)
            second = await monitored.sample("project", "annals_follower_lag_seconds", **view)
            assert first
            assert second
            assert second > first
        await monitored.until_sample(0, "project", "annals_follower_lag_events", **view)
        assert await monitored.sample("project", "annals_follower_lag_seconds", **view) == 0


async def test_a_standby_says_that_it_stands_by_and_no_more(
    database_url: str, redis_url: str
) -> None:
    async with process_cluster(database_url, redis_url, "project") as cluster:
        view = {"kind": "view", "name": "task_list"}
        while "task_list" not in cluster.log_text("project"):
            assert cluster.running("project")[0].poll() is None
        async with metrics_cluster(cluster, "project") as monitored:
            await monitored.until_sample(0, "project", "annals_follower_active", **view)
            assert await monitored.sample("project", "annals_follower_position", **view) is None
            assert await monitored.sample("project", "annals_follower_lag_events", **view) is None


async def test_without_a_database_a_process_lives_is_not_ready_and_says_so(
    database_url: str, redis_url: str
) -> None:
    async with (
        wire_to(database_url) as wire,
        process_cluster(database_url, redis_url) as cluster,
        metrics_cluster(cluster, "project", database_url=wire.url) as monitored,
    ):
        assert await monitored.sample("project", "annals_database_up") == 1
        wire.silence()
        assert (await monitored.ask("project", "/health/live")).status_code == 200
        assert (await monitored.ask("project", "/health/ready")).status_code == 503
        assert await monitored.sample("project", "annals_database_up") == 0
        assert await monitored.sample("project", "annals_log_position") is None
        assert await monitored.sample("project", "process_cpu_seconds_total")


async def test_the_port_for_metrics_has_nothing_else(database_url: str, redis_url: str) -> None:
    async with (
        process_cluster(database_url, redis_url) as cluster,
        metrics_cluster(cluster, "project") as monitored,
    ):
        assert (await monitored.ask("project", "/")).status_code == 404
        assert (await monitored.ask("project", "/api/v1/tasks")).status_code == 404
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"http://127.0.0.1:{monitored.ports['project']}/metrics")
            assert answer.status_code == 404


def test_a_port_that_is_taken_stops_the_start_with_a_sentence(
    database_url: str, redis_url: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-m", "interfaces.cli", "project"],
            env=environment(database_url=database_url, metrics_port=port),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be used for metrics" in ended.stderr
    assert "ANNALS_METRICS_PORT" in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_every_process_of_a_development_machine_has_a_port_of_its_own() -> None:
    first = free_ports(3)
    with (
        data_folder() as folder,
        dev_process(
            folder,
            port=free_port(),
            metrics_port=str(first),
            dev_processes="serve:2,project",
        ),
    ):
        processes = []
        async with httpx.AsyncClient() as client:
            for port in range(first, first + 3):
                text = await exposed(client, port)
                processes += re.findall(r'^annals_build_info{process="(\w+)"', text, re.MULTILINE)
    assert processes == ["serve", "serve", "project"]


async def exposed(client: httpx.AsyncClient, port: int) -> str:
    """What the port tells, once its process listens: Annals runs when its API answers."""

    async def listens() -> bool:
        with suppress(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/metrics")
            return True
        return False

    await until(listens)
    return (await client.get(f"http://127.0.0.1:{port}/metrics")).text
