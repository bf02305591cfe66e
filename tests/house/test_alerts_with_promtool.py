"""Prometheus' own opinion of the alert rules."""

import subprocess
from pathlib import Path

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


def test_every_alert_fires_on_its_trouble_and_keeps_still_beside_it() -> None:
    tested = promtool("test", "rules", "tests/house/alerts_test.yaml")
    assert tested.returncode == 0, tested.stdout + tested.stderr
