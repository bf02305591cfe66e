"""Prometheus' own opinion of the alert rules."""

import subprocess
from pathlib import Path

import yaml

from tests.house.test_alerts_and_dashboards import queries
from tests.house.tools import find

ROOT = Path(__file__).parents[2]


def promtool(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [find("promtool") or "promtool", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_prometheus_understands_every_rule() -> None:
    checked = promtool("check", "rules", "--lint=all", "--lint-fatal", "helm/files/alerts.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_prometheus_understands_every_query_of_a_dashboard(tmp_path: Path) -> None:
    # As a rule each, with what Grafana puts in.
    rules = [
        {"record": f"query:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(queries().values())
        if "$namespace" in query
    ]
    assert len(rules) > 50
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    checked = promtool("check", "rules", str(file))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_alert_fires_on_its_trouble_and_keeps_still_beside_it() -> None:
    tested = promtool("test", "rules", "tests/house/alerts_test.yaml")
    assert tested.returncode == 0, tested.stdout + tested.stderr
