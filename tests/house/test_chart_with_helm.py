"""What the chart makes of its values: valid for Kubernetes, whole, and with few rights."""

import base64
import re
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from infrastructure.config.settings import Settings, unknown_variables, variables
from interfaces.cli.main import COMMANDS, SECTIONS
from interfaces.http.server.server import SHUTDOWN_GRACE_SECONDS
from projections.publishing.public_events import KafkaTopic
from tests.house.chart import (
    CHART,
    KUBERNETES,
    VARIANTS,
    Manifest,
    environment,
    helm,
    of_kind,
    ours,
    pods,
    rendered,
    selects,
)

SECRET = {variable.name for variable in variables() if variable.secret}
# Kinds that others define: their schemas come with their operators.
FOREIGN = ("cnpg.io", "strimzi.io", "keda.sh", "monitoring.coreos.com")
PORTS = {
    "ANNALS_DATABASE_URL": 5432,
    "ANNALS_REDIS_URL": 6379,
    "ANNALS_KAFKA_OPTIONS": 9092,
    "ANNALS_SMTP_PASSWORD": 587,
}


@pytest.fixture(params=VARIANTS)
def objects(request: pytest.FixtureRequest) -> list[Manifest]:
    return rendered(*VARIANTS[request.param])


@pytest.mark.parametrize("file", sorted(CHART.glob("values*.yaml")), ids=lambda file: file.stem)
def test_helm_has_nothing_to_say_against_the_chart(file: Path) -> None:
    linted = helm("lint", "--strict", ".", "--values", str(file), "--kube-version", KUBERNETES)
    assert linted.returncode == 0, linted.stdout


def test_kubernetes_would_accept_every_object(objects: list[Manifest]) -> None:
    for one in objects:
        if not any(group in one["apiVersion"] for group in FOREIGN):
            kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_no_two_objects_have_one_name(objects: list[Manifest]) -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in objects]
    assert len(set(names)) == len(names)


def test_every_process_has_its_deployment() -> None:
    found = rendered(*VARIANTS["values-production"])
    processes = {verb.name for verb in SECTIONS["Processes"]} - {"migrate"}
    deployed = {
        one["metadata"]["labels"]["app.kubernetes.io/component"]
        for one in of_kind(found, "Deployment")
    }
    assert deployed == processes


def test_without_kafka_there_is_no_relay() -> None:
    found = rendered(*VARIANTS["values-minikube"])
    assert "annals-relay" not in {one["metadata"]["name"] for one in of_kind(found, "Deployment")}


def test_every_pod_meets_the_restricted_standard(objects: list[Manifest]) -> None:
    for name, _, spec in pods(objects):
        assert spec["automountServiceAccountToken"] is False, name
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert security["runAsUser"] == 1000, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name


def test_no_service_puts_variables_of_its_own_into_a_pod(objects: list[Manifest]) -> None:
    # A Service `annals` would set ANNALS_PORT to tcp://…, and nothing would start.
    assert all(spec["enableServiceLinks"] is False for _, _, spec in pods(objects))


def test_every_container_says_what_it_needs_and_what_it_may_take(objects: list[Manifest]) -> None:
    for name, _, spec in pods(objects):
        for container in spec["containers"]:
            resources = container["resources"]
            assert {"cpu", "memory"} <= resources["requests"].keys(), name
            assert "memory" in resources["limits"], name
            assert not container["image"].endswith(":latest"), name


def test_every_process_is_probed_where_it_answers(objects: list[Manifest]) -> None:
    for one in of_kind(objects, "Deployment"):
        [container] = one["spec"]["template"]["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        where = "http" if container["name"] == "serve" else "metrics"
        assert ports["metrics"] == 9100
        for probe, path in (
            ("startupProbe", "/health/live"),
            ("livenessProbe", "/health/live"),
            ("readinessProbe", "/health/ready"),
        ):
            assert container[probe]["httpGet"] == {"path": path, "port": where}


def test_who_is_told_to_stop_has_the_time_to_finish(objects: list[Manifest]) -> None:
    for name, labels, spec in ours(objects):
        if labels["app.kubernetes.io/component"] == "serve":
            pause = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
            assert pause + SHUTDOWN_GRACE_SECONDS + 5 <= spec["terminationGracePeriodSeconds"], name


def test_every_container_runs_a_verb(objects: list[Manifest]) -> None:
    for name, _, spec in ours(objects):
        [container] = spec["containers"]
        assert container["args"][0] in COMMANDS, name


def test_every_setting_is_one_that_annals_understands(objects: list[Manifest]) -> None:
    for name, _, spec in ours(objects):
        given = environment(objects, spec)
        plain = {key: text for key, text in given.items() if text is not None}
        assert not unknown_variables(dict.fromkeys(given, "")), name
        Settings.from_environment(plain)


def test_no_secret_stands_in_the_open(objects: list[Manifest]) -> None:
    for name, _, spec in ours(objects):
        for variable, text in environment(objects, spec).items():
            # The Valkey of this chart has no password to hide.
            if variable in SECRET and text != "redis://annals-valkey:6379/0":
                assert text is None, f"{name} {variable}"


def test_selectors_choose_pods_that_are_there(objects: list[Manifest]) -> None:
    labels = [found for _, found, _ in pods(objects)]
    for one in objects:
        spec = one.get("spec") or {}
        match one["kind"]:
            case "Service":
                selector: Any = {"matchLabels": spec["selector"]}
            case "NetworkPolicy":
                selector = spec["podSelector"]
            case "Deployment" | "StatefulSet" | "PodDisruptionBudget" | "PodMonitor":
                selector = spec["selector"]
            case _:
                continue
        name = one["metadata"]["name"]
        chosen = [found for found in labels if selects(selector, found)]
        wanted = one["metadata"]["labels"].get("app.kubernetes.io/component")
        kinds = {found["app.kubernetes.io/component"] for found in chosen}
        if wanted:
            assert kinds <= {wanted}, name
        # A way for a process that is off leads nowhere, and nothing else may.
        assert chosen or one["kind"] == "NetworkPolicy", name


def test_a_service_leads_to_a_port_that_is_open(objects: list[Manifest]) -> None:
    for service in of_kind(objects, "Service"):
        for _, labels, spec in pods(objects):
            if selects({"matchLabels": service["spec"]["selector"]}, labels):
                open_ports = {port["name"] for port in spec["containers"][0]["ports"]}
                assert {port["targetPort"] for port in service["spec"]["ports"]} <= open_ports


def test_metrics_are_behind_no_service_and_no_ingress(objects: list[Manifest]) -> None:
    for one in of_kind(objects, "Service", "Ingress"):
        assert "metrics" not in yaml.safe_dump(one["spec"])
        assert "9100" not in yaml.safe_dump(one["spec"])


def test_everything_is_denied_to_every_pod_but_what_a_policy_names(objects: list[Manifest]) -> None:
    policies = of_kind(objects, "NetworkPolicy")
    [deny] = [one for one in policies if one["metadata"]["name"] == "annals-deny"]
    assert deny["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in deny["spec"]
    for name, labels, _ in pods(objects):
        assert selects(deny["spec"]["podSelector"], labels), name


def test_a_process_reaches_the_servers_it_has_addresses_of_and_no_others(
    objects: list[Manifest],
) -> None:
    policies = of_kind(objects, "NetworkPolicy")
    for name, labels, spec in ours(objects):
        open_ports = {
            port["port"]
            for policy in policies
            if selects(policy["spec"]["podSelector"], labels)
            for way in policy["spec"].get("egress", [])
            for port in way["ports"]
        }
        given = environment(objects, spec)
        for variable, port in PORTS.items():
            assert (port in open_ports) == (variable in given), f"{name} {variable}"


def test_project_relay_and_migration_get_no_redis(objects: list[Manifest]) -> None:
    for name, labels, spec in ours(objects):
        component = labels["app.kubernetes.io/component"]
        if component != "test":
            uses = component in ("serve", "schedule", "work")
            assert ("ANNALS_REDIS_URL" in environment(objects, spec)) == uses, name


def test_only_the_migration_logs_in_as_the_owner(objects: list[Manifest]) -> None:
    owners = {
        labels["app.kubernetes.io/component"]
        for _, labels, spec in ours(objects)
        if "ANNALS_MIGRATE_DATABASE_URL" in environment(objects, spec)
    }
    assert owners == {"migrate"}


@pytest.mark.parametrize("variant", ["values-minikube", "values-staging"])
def test_the_database_of_the_operator_has_a_login_for_each_of_the_two_roles(variant: str) -> None:
    found = rendered(*VARIANTS[variant])
    [cluster] = of_kind(found, "Cluster")
    assert cluster["spec"]["bootstrap"]["initdb"]["owner"] == "annals_owner"
    [secret] = [one for one in of_kind(found, "Secret") if "uri" in one.get("data", {})]
    url = base64.b64decode(secret["data"]["uri"]).decode()
    host = f"{cluster['metadata']['name']}-rw"
    assert re.fullmatch(rf"postgresql://annals_app:\w{{40}}@{host}:5432/annals", url)
    # The password of a running database outlives the release.
    assert secret["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_a_key_that_the_chart_makes_comes_with_an_installation_secret() -> None:
    [secret] = [
        one
        for one in of_kind(rendered(*VARIANTS["values-minikube"]), "Secret")
        if "0001.pem" in one.get("data", {})
    ]
    assert len(base64.b64decode(secret["data"]["installation-secret"])) >= 32


def test_only_those_who_sign_tokens_have_the_keys(objects: list[Manifest]) -> None:
    for name, labels, spec in ours(objects):
        secrets = [volume["secret"] for volume in spec.get("volumes", []) if "secret" in volume]
        files = [[item["key"] for item in one.get("items", [])] or "all" for one in secrets]
        # `work` opens what is sealed under the installation secret, and signs no tokens.
        expected = {"serve": ["all"], "work": [["installation-secret"]]}
        assert files == expected.get(labels["app.kubernetes.io/component"], []), name


def test_the_schema_is_there_before_the_new_processes() -> None:
    [install] = of_kind(rendered(*VARIANTS["values"]), "Job")
    [upgrade] = of_kind(rendered(*VARIANTS["values upgrade"]), "Job")
    # At the first install the database may not be there before the release is.
    assert "annotations" not in install["metadata"]
    assert upgrade["metadata"]["annotations"]["helm.sh/hook"] == "pre-upgrade"
    # A hook runs before the new ConfigMap: it must not need it.
    assert "envFrom" not in upgrade["spec"]["template"]["spec"]["containers"][0]


def test_a_job_with_other_content_has_another_name() -> None:
    def name(*options: str) -> str:
        [job] = of_kind(rendered(*options), "Job")
        return str(job["metadata"]["name"])

    assert name() == name("--set", "serve.replicas=5")
    assert name() != name("--set", "image.tag=2.0.0")
    assert name() != name("--set", "config.log_level=debug")


def test_other_settings_make_other_pods() -> None:
    def annotations(*options: str) -> Any:
        [deployment] = [
            one
            for one in of_kind(rendered(*options), "Deployment")
            if one["metadata"]["name"] == "annals-serve"
        ]
        return deployment["spec"]["template"]["metadata"]["annotations"]

    assert annotations() != annotations("--set", "config.log_level=debug")


def test_a_process_that_is_scaled_has_no_number_of_its_own() -> None:
    found = rendered(*VARIANTS["values-production"])
    scaled = {
        scaler["spec"]["scaleTargetRef"]["name"]
        for scaler in of_kind(found, "HorizontalPodAutoscaler", "ScaledObject")
    }
    assert scaled == {"annals-serve", "annals-work"}
    for deployment in of_kind(found, "Deployment"):
        fixed = "replicas" in deployment["spec"]
        assert fixed == (deployment["metadata"]["name"] not in scaled)


def test_a_restored_database_never_writes_over_what_it_was_restored_from() -> None:
    def names(*options: str) -> tuple[str, str]:
        [cluster] = of_kind(rendered(*VARIANTS["restore"], *options), "Cluster")
        [source] = cluster["spec"]["externalClusters"]
        [plugin] = cluster["spec"]["plugins"]
        return source["plugin"]["parameters"]["serverName"], plugin["parameters"]["serverName"]

    first, second = "annals-postgres", "annals-postgres-restored"
    assert names() == (first, second)
    # A second restore is one of what was written since the first.
    again = ("--set", f"cloudnativepg.recovery.serverName={second}")
    assert names(*again) == (second, f"{second}-restored")
    over = ("--set", f"cloudnativepg.backup.serverName={first}")
    options = ("--kube-version", KUBERNETES, *VARIANTS["restore"], *over)
    refused = helm("template", "annals", ".", *options)
    assert "must not be annals-postgres" in refused.stderr


def test_strimzi_makes_the_topics_the_relay_writes_to() -> None:
    found = rendered(*VARIANTS["values-staging"])
    made = {one["metadata"]["name"] for one in of_kind(found, "KafkaTopic")}
    assert made == {str(topic) for topic in KafkaTopic}


def test_prometheus_and_grafana_get_the_files_as_they_are() -> None:
    found = rendered(*VARIANTS["values-production"])
    [rules] = of_kind(found, "PrometheusRule")
    assert rules["spec"] == yaml.safe_load((CHART / "files/alerts.yaml").read_text())
    [dashboards] = [
        one for one in of_kind(found, "ConfigMap") if one["metadata"]["name"] == "annals-dashboards"
    ]
    assert dashboards["data"] == {
        f"annals-{file.name}": file.read_text()
        for file in (CHART / "files/dashboards").glob("*.json")
    }


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("serve.replcas=3", "replcas"),
        ("image.pullPolicy=Sometimes", "pullPolicy"),
        ("image.digest=sha256:12", "digest"),
        ("config.database_url=postgresql://", "/config"),
        ("secrets.values.DATABASE_URL=x", "ANNALS_"),
    ],
)
def test_a_slip_of_the_pen_is_refused_with_its_place(value: str, complaint: str) -> None:
    refused = helm("template", ".", "--kube-version", KUBERNETES, "--set", value)
    assert refused.returncode != 0
    assert re.search(complaint, refused.stderr)
