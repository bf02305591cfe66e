"""One request is one trace, through every process it leads to."""

import os
import subprocess
import sys

import pytest

from application.traceparent import valid_traceparent
from infrastructure.telemetry.tracing import configured_protocol, enabled_in
from tests.support.kafka.brokers import EMBEDDED, broker
from tests.support.processes.dev_process import ROOT
from tests.support.processes.metrics_cluster import metrics_cluster
from tests.support.processes.process_cluster import process_cluster, seconds_from_now
from tests.support.servers.otlp_collector import CollectedSpan, OtlpCollector, collector
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

ALL = ("serve", "project", "schedule", "work", "relay")
TRACE, CLIENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
BEGUN = f"00-{TRACE}-{CLIENT}-01"


async def test_one_unbroken_trace_leads_from_the_request_to_the_mail(
    database_url: str, redis_url: str
) -> None:
    with collector() as collected, broker(EMBEDDED) as kafka:
        async with (
            process_cluster(database_url, redis_url) as cluster,
            metrics_cluster(
                cluster,
                *ALL,
                variables=collected.variables,
                kafka_bootstrap_servers=kafka.bootstrap_servers,
                kafka_create_topics="yes",
            ) as monitored,
        ):
            ada = await cluster.person_with_mail("ada")
            async with monitored.as_served(ada) as served:
                headers = {"traceparent": BEGUN}
                task = await served.ask("POST", "/tasks", {"title": "Water them"}, **headers)
                assert task.status_code == 201, task.text
                path = f"/tasks/{task.json()['id']}/reminders"
                ring = await served.ask("POST", path, {"at": seconds_from_now(1)}, **headers)
                assert ring.status_code == 201, ring.text
            await cluster.mail_matching(lambda mail: "Water them" in mail.mail["Subject"])

            async def relayed() -> bool:
                return any(TRACE in s.links for s in collected.spans if s.name == "relay")

            async def delivered() -> bool:
                return bool(_named(collected, "deliver email"))

            await until(delivered, within=60)
            await until(relayed, within=60)
        # The processes have ended, so all they had to say is said.
        trace = collected.trace(TRACE)
        known = {span.id: span for span in trace}
        for span in trace:
            assert span.parent == CLIENT or span.parent in known, f"{span} hangs in the air"

        [mail] = _named(collected, "deliver email")
        way = _back(mail, known)
        assert [(span.service, span.name) for span in way if span.name in STATIONS] == [
            ("annals-serve", "POST /api/v1/tasks/{task_id}/reminders"),
            ("annals-serve", "SetReminder"),
            ("annals-schedule", "TriggerReminder"),
            ("annals-project", "react tell"),
            ("annals-project", "RequestNotification"),
            ("annals-work", "deliver email"),
        ], [(span.service, span.name) for span in way]
        services = {span.service for span in trace}
        assert services == {f"annals-{verb}" for verb in ALL if verb != "relay"}
        assert {"server", "internal", "consumer", "client"} <= {span.kind for span in trace}

        created = next(span for span in trace if span.name == "CreateTask")
        below = [span for span in trace if created in _back(span, known)]
        assert "append" in {span.name for span in below}
        assert "postgresql" in {span.attributes.get("db.system") for span in below}
        # Nobody's questions to the databases are nobody's traces, and nobody is named in any.
        assert all(span.kind != "client" for span in collected.spans if not span.parent)
        assert "Water them" not in str(collected.spans)
        assert "ada@" not in str(collected.spans)


STATIONS = {
    "POST /api/v1/tasks/{task_id}/reminders",
    "SetReminder",
    "TriggerReminder",
    "react tell",
    "RequestNotification",
    "deliver email",
}


def _named(collected: OtlpCollector, name: str) -> list[CollectedSpan]:
    return [span for span in collected.trace(TRACE) if span.name == name]


def _back(span: CollectedSpan, known: dict[str, CollectedSpan]) -> list[CollectedSpan]:
    """The way to this span, from where the trace came in."""
    way = [span]
    while way[-1].parent in known:
        way.append(known[way[-1].parent])
    return way[::-1]


async def test_a_trace_goes_through_processes_that_send_no_spans(
    database_url: str, redis_url: str
) -> None:
    async with (
        process_cluster(database_url, redis_url, "project", "schedule", "work") as cluster,
        metrics_cluster(cluster, "serve") as monitored,
    ):
        ada = await cluster.person_with_mail("ada")
        async with monitored.as_served(ada) as served:
            await served.ask("POST", "/tasks", {"title": "Water them"}, traceparent=BEGUN)
            await served.ask("POST", "/tasks", {"title": "Water them"}, traceparent="nonsense")
            await served.ask("POST", "/tasks", {"title": "Water them"})
        rows = await cluster.query("SELECT state FROM stored_events WHERE topic = 'task.created'")
        assert sorted(BEGUN.encode() in bytes(state) for (state,) in rows) == [False, False, True]
        assert not any(b"nonsense" in bytes(state) for (state,) in rows)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, False),
    ],
    ids=str,
)
def test_spans_are_sent_where_the_standard_variables_say_so(
    variables: dict[str, str], expected: bool
) -> None:
    assert enabled_in(variables) is expected


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        ({}, "http/protobuf"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "grpc"),
        (
            {
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            },
            "http/protobuf",
        ),
    ],
    ids=str,
)
def test_it_is_known_when_another_protocol_is_asked_for(
    variables: dict[str, str], asked: str
) -> None:
    assert configured_protocol(variables) == asked


def test_without_them_nothing_that_traces_is_even_loaded() -> None:
    wiring = "infrastructure.wiring"
    modules = f"sys, interfaces.http.server.app, {wiring}.api, {wiring}.schedule, {wiring}.work"
    code = f"import {modules}; print(*sys.modules)"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True, check=True)
    loaded = set(said.stdout.split())
    assert "redis.asyncio" in loaded  # which loads the API of OpenTelemetry, for its own metrics
    tracing = {"opentelemetry.sdk.trace", "opentelemetry.exporter", "opentelemetry.instrumentation"}
    assert not loaded & tracing


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        "",
        "nonsense",
        f"00-{TRACE}-{CLIENT}",
        f"ff-{TRACE}-{CLIENT}-01",
        f"00-{'0' * 32}-{CLIENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{CLIENT}-01",
        f"00-{TRACE}-{CLIENT}-01\n",
    ],
)
def test_what_is_no_traceparent_is_not_handed_on(nonsense: str | None) -> None:
    assert valid_traceparent(nonsense) is None
    assert valid_traceparent(BEGUN) == BEGUN
