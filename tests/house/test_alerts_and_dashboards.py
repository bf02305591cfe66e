"""Alerts and dashboards speak of metrics that exist, and lead whoever is woken to a cure."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "helm/files/alerts.yaml"
DASHBOARDS = sorted((ROOT / "helm/files/dashboards").glob("*.json"))
RUNBOOK = ROOT / "docs/runbook.md"

# Told by others: kube-state-metrics and cert-manager.
FOREIGN = {
    "kube_deployment_status_replicas_unavailable": {"deployment"},
    "kube_pod_container_status_restarts_total": {"container"},
    "certmanager_certificate_expiration_timestamp_seconds": {"name"},
}
# Put onto every metric by whoever scrapes it.
SCRAPED = {"namespace", "pod", "le"}
METRIC = re.compile(r"\b((?:annals|process|kube|certmanager)_[a-z_]+)(\{[^}]*\})?")


class Metric(NamedTuple):
    kind: str
    labels: frozenset[str]


def catalogue() -> dict[str, Metric]:
    """The table of docs/metrics.md."""
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+) \|([^|]*)\|",
        (ROOT / "docs/metrics.md").read_text(),
        re.MULTILINE,
    )
    return {
        name: Metric(kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows
    }


def known(name: str) -> Metric | None:
    """What is known of a series, which a histogram has three of."""
    if name in FOREIGN:
        return Metric("gauge", frozenset(FOREIGN[name]))
    metrics = catalogue()
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    if base != name:
        found = metrics.get(base)
        return found if found and found.kind == "histogram" else None
    found = metrics.get(name)
    return None if found and found.kind == "histogram" else found


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file.read_text())["panels"]
    return found


def queries() -> dict[str, str]:
    found = {rule["alert"]: rule["expr"] for rule in alerts()}
    for file in DASHBOARDS:
        for panel in panels(file):
            for target in panel["targets"]:
                found[f"{file.stem} {panel['title']} {target['refId']}"] = target["expr"]
    return found


@pytest.mark.parametrize("name", queries())
def test_a_query_names_metrics_and_labels_that_exist(name: str) -> None:
    query = queries()[name]
    series = METRIC.findall(query)
    assert series
    reach: set[str] = set(SCRAPED)
    for metric, selector in series:
        found = known(metric)
        assert found, metric
        asked = set(re.findall(r"(\w+)(?:=~|!~|!=|=)\"", selector))
        assert asked <= found.labels | SCRAPED, metric
        reach |= found.labels
    for grouping in re.findall(r"\b(?:by|on|without)\s*\(([^)]*)\)", query):
        assert {label.strip() for label in grouping.split(",")} <= reach


@pytest.mark.parametrize("name", queries())
def test_a_counter_is_asked_for_its_growth_and_a_gauge_for_its_value(name: str) -> None:
    query = re.sub(r"\s+", " ", queries()[name])
    for metric, _ in METRIC.findall(query):
        found = known(metric)
        growing = re.search(rf"(?:rate|increase)\( ?{metric}\b", query)
        counts = metric.endswith(("_total", "_bucket", "_sum", "_count"))
        assert bool(growing) == counts, f"{metric} is a {found and found.kind}"


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_and_where_the_cure_stands(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"]
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^## (.+)$", (ROOT / page).read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^a-z]", "", heading.lower()) for heading in headings}
    assert anchor in anchors
    assert rule["alert"] in (ROOT / page).read_text()


def test_every_alert_has_an_example() -> None:
    tests = yaml.safe_load((ROOT / "tests/house/alerts_test.yaml").read_text())["tests"]
    tried = {case["alertname"] for test in tests for case in test["alert_rule_test"]}
    assert tried == {rule["alert"] for rule in alerts()}


@pytest.mark.parametrize("name", catalogue())
def test_a_metric_is_named_as_prometheus_wants(name: str) -> None:
    kind, labels = catalogue()[name]
    assert kind in {"counter", "gauge", "histogram"}
    assert (kind == "counter") == name.endswith("_total")
    assert kind != "histogram" or name.endswith(("_seconds", "_bytes", "_size"))
    assert not labels & {"user", "account", "owner", "email", "task", "path"}


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_a_dashboard_is_whole(file: Path) -> None:
    board = json.loads(file.read_text())
    assert board["uid"] == f"annals-{file.stem}"
    assert {variable["name"] for variable in board["templating"]["list"]} == {
        "datasource",
        "namespace",
    }
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        assert panel["title"]
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
        for target in panel["targets"]:
            assert 'namespace="$namespace"' in target["expr"]


def test_there_is_a_dashboard_for_each_part() -> None:
    assert [file.stem for file in DASHBOARDS] == ["api", "log", "outside", "reminders"]
