"""The chart as helm renders it: objects to make claims about."""

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.house.tools import find

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm"
KUBERNETES = "1.34"
# Each values file, as a first install and as an upgrade; then what no file of ours switches on.
VARIANTS: dict[str, tuple[str, ...]] = {
    f"{file.stem}{'' if not upgrade else ' upgrade'}": ("--values", str(file), *upgrade)
    for file in sorted(CHART.glob("values*.yaml"))
    for upgrade in ((), ("--is-upgrade",))
} | {
    "restore": (
        "--values",
        str(CHART / "values-staging.yaml"),
        "--set",
        "cloudnativepg.recovery.enabled=true",
        "--set",
        "cloudnativepg.recovery.targetTime=2030-01-31T18:00:00Z",
    ),
}

Manifest = dict[str, Any]


def helm(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [find("helm") or "helm", *words],
        cwd=CHART,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@cache
def _rendered(options: tuple[str, ...]) -> str:
    done = helm("template", "annals", ".", "--kube-version", KUBERNETES, *options)
    assert done.returncode == 0, done.stderr
    documents = yaml.load_all(done.stdout, Loader=yaml.CSafeLoader)
    return json.dumps([document for document in documents if document])


def rendered(*options: str) -> list[Manifest]:
    """Every object of the release, in no order that matters."""
    found: list[Manifest] = json.loads(_rendered(options))
    return found


def of_kind(objects: list[Manifest], *kinds: str) -> list[Manifest]:
    return [one for one in objects if one["kind"] in kinds]


def pods(objects: list[Manifest]) -> Iterator[tuple[str, Manifest, Manifest]]:
    """Name, labels and spec of every pod this chart itself describes."""
    for one in objects:
        name = f"{one['kind']} {one['metadata']['name']}"
        if one["kind"] == "Pod":
            yield name, one["metadata"]["labels"], one["spec"]
        elif one["kind"] in ("Deployment", "Job", "StatefulSet"):
            template = one["spec"]["template"]
            yield name, template["metadata"]["labels"], template["spec"]


def ours(objects: list[Manifest]) -> Iterator[tuple[str, Manifest, Manifest]]:
    """Those among them that run our image."""
    for name, labels, spec in pods(objects):
        if labels["app.kubernetes.io/component"] != "valkey":
            yield name, labels, spec


def environment(objects: list[Manifest], spec: Manifest) -> dict[str, str | None]:
    """The variables of a pod's container with their text, None where a Secret has it."""
    [container] = spec["containers"]
    maps = {one["metadata"]["name"]: one["data"] for one in of_kind(objects, "ConfigMap")}
    found: dict[str, str | None] = {}
    for source in container.get("envFrom", []):
        found |= maps[source["configMapRef"]["name"]]
    for variable in container.get("env", []):
        found[variable["name"]] = variable.get("value")
    return found


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    """Whether a label selector (matchLabels, matchExpressions with In) chooses these labels."""
    return all(
        labels.get(name) == value for name, value in selector.get("matchLabels", {}).items()
    ) and all(
        labels.get(rule["key"]) in rule["values"] for rule in selector.get("matchExpressions", [])
    )
