"""Every line of every process has one shape, can be followed, and names nobody."""

import json
import re
from typing import Any

import pytest

from tests.support.api import PASSWORD
from tests.support.processes.metrics_cluster import metrics_cluster
from tests.support.processes.process_cluster import process_cluster, seconds_from_now
from tests.support.servers.channel_servers import Reply
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

ALL = ("serve", "project", "schedule", "work")
FAILED = "SELECT FROM stored_events WHERE topic = 'notification.failed'"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_a_request_can_be_followed_and_nobody_is_named(
    database_url: str, redis_url: str
) -> None:
    async with (
        process_cluster(database_url, redis_url) as cluster,
        metrics_cluster(cluster, *ALL, log_level="debug") as monitored,
    ):
        ada = await cluster.person_with_mail("ada")
        cluster.hook.replies["/told"] = Reply(status=500)
        async with monitored.as_served(ada) as served:
            hook = await served.ask("POST", "/me/webhooks", {"url": cluster.hook.url("/told")})
            assert hook.status_code == 201, hook.text
            followed = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
            made = await served.ask("POST", "/tasks", {"title": "Water them"}, **followed)
            path = f"/tasks/{made.json()['id']}/reminders"
            assert (await served.ask("POST", path, {"at": seconds_from_now(1)})).status_code == 201
            await cluster.mail_matching(lambda mail: "Water them" in mail.mail["Subject"])
            mails = "".join(mail.part("plain") for mail in cluster.mail.messages())
            [link] = re.findall(r"/confirm/(\S+)", mails)
            await served.http.get(f"/confirm/{link}")

            async def failed() -> bool:
                return bool(await cluster.query(FAILED))

            await until(failed, within=60)
        cluster.end()
        lines = {verb: _lines(cluster.log_text(verb)) for verb in ALL}

    for verb, said in lines.items():
        assert said, verb
        for line in said:
            assert {"time", "level", "event", "pid"} <= line.keys(), line
            text = json.dumps(line, ensure_ascii=False)
            for telling in (PASSWORD, "Water them", "eyJ", "anr_", link, hook.json()["secret"]):
                assert telling not in text, line
            assert not re.search(r"\bada\b", text, re.IGNORECASE), line

    requests = [line for line in lines["serve"] if line["event"] == "request"]
    [request] = [line for line in requests if line["path"] == "/api/v1/tasks"]
    assert request["request_id"] == made.headers["x-request-id"]
    # Ours, unless the client names its request: then it is derived from the account and the name.
    assert request["correlation_id"] == made.headers["x-request-id"]
    assert request["trace_id"] == TRACE
    [confirmed] = [line for line in requests if "confirm" in line["path"]]
    assert confirmed["path"] == "/api/v1/confirm/{word}"


def _lines(text: str) -> list[dict[str, Any]]:
    found = []
    for line in text.splitlines():
        assert line.startswith("{"), line
        found.append(json.loads(line))
    return found
