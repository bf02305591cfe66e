"""Every import contract can fail: one forbidden import, in a copy of the tree, and it is broken."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
CONTRACTS = {contract["name"]: contract for contract in SETTINGS["contracts"]}


class Forbidden(NamedTuple):
    """A module that is added to a package of ours, and what it may not import."""

    package: str
    imported: str


COUNTEREXAMPLES = {
    "Every import goes downhill": [
        Forbidden("domain.values", "application.ports"),
        Forbidden("application.commands", "projections.view"),
        Forbidden("projections.views", "infrastructure.store.event_log"),
        Forbidden("infrastructure.store", "interfaces.http.protocol.paging"),
    ],
    "Inside the domain, every import goes downhill": [
        Forbidden("domain.recurrence", "domain.values.streams"),
        Forbidden("domain.values", "domain.task"),
    ],
    "Inside the infrastructure, every import goes downhill and siblings are independent": [
        Forbidden("infrastructure.store", "infrastructure.projecting.reactor"),
        Forbidden("infrastructure.live", "infrastructure.relaying.relay"),
        Forbidden("infrastructure.wiring", "infrastructure.bootstrap"),
    ],
    "Inside interfaces.http, every import goes downhill and features are independent": [
        Forbidden("interfaces.http.protocol", "interfaces.http.tasks.tasks"),
        Forbidden("interfaces.http.live", "interfaces.http.reminders.reminders"),
    ],
    "Recurrence could be a library of its own": [Forbidden("domain.recurrence", "domain.series")],
    "Projections know events, never aggregates": [Forbidden("projections.views", "domain.task")],
    "bootstrap is the only way from the interfaces into the infrastructure": [
        Forbidden("interfaces.http.tasks", "infrastructure.store.event_store"),
    ],
    "Interfaces never touch the event store": [
        Forbidden("interfaces.http.tasks", "application.ports.event_store"),
        Forbidden("interfaces.cli", "application.time_travel"),
    ],
    "The domain and the application do no input or output": [
        Forbidden("domain.values", "psycopg"),
        Forbidden("application.commands", "structlog"),
        Forbidden("projections.publishing", "confluent_kafka"),
    ],
    "The domain has no clock, no randomness and no files, but for the time zones": [
        Forbidden("domain.events", "time"),
        Forbidden("domain.recurrence", "random"),
        Forbidden("domain.values", "pathlib"),
    ],
    "eventsourcing is used by the store alone": [
        Forbidden("infrastructure.projecting", "eventsourcing"),
    ],
    "confluent_kafka is used by relaying alone": [
        Forbidden("infrastructure.monitoring", "confluent_kafka"),
    ],
    "dramatiq is used by delivery alone": [Forbidden("infrastructure.scheduling", "dramatiq")],
    "redis is used by limits, delivery and monitoring alone": [
        Forbidden("infrastructure.live", "redis"),
    ],
    "smtplib, pywebpush and standardwebhooks are used by channels alone": [
        Forbidden("infrastructure.delivery", "smtplib"),
        Forbidden("infrastructure.delivery", "pywebpush"),
        Forbidden("infrastructure.delivery", "standardwebhooks"),
    ],
    "prometheus_client is used by telemetry and monitoring alone": [
        Forbidden("interfaces.http.middleware", "prometheus_client"),
    ],
    "mcp is used by interfaces.mcp alone": [
        Forbidden("interfaces.http.assistant", "mcp"),
        Forbidden("interfaces.terminal", "pydantic"),
    ],
    "argon2, pyotp and webauthn are used by security alone, jwt by security and oidc": [
        Forbidden("interfaces.http.accounts", "jwt"),
        Forbidden("infrastructure.delivery", "argon2"),
        Forbidden("infrastructure.oidc", "pyotp"),
        Forbidden("interfaces.http.accounts", "webauthn"),
    ],
}
CASES = [(name, one) for name, cases in COUNTEREXAMPLES.items() for one in cases]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all that the contracts are about."""
    folder = tmp_path_factory.mktemp("tree")
    for package in SETTINGS["root_packages"]:
        ignore = shutil.ignore_patterns("__pycache__", "vendored", "templates")
        shutil.copytree(ROOT / package, folder / package, ignore=ignore)
    return folder


@pytest.fixture
def broken(tree: Path, name: str, forbidden: Forbidden) -> Iterator[str]:
    """What lint-imports says of this contract alone, with the forbidden import in the tree."""
    added = tree.joinpath(*forbidden.package.split("."), "counterexample.py")
    assert added.parent.is_dir(), f"{forbidden.package} is no package: name another"
    _only_contract(tree, name)
    added.write_text(f"import {forbidden.imported}\n")
    try:
        yield _lint(tree)
    finally:
        added.unlink()


def test_every_contract_has_a_counterexample() -> None:
    assert COUNTEREXAMPLES.keys() == CONTRACTS.keys()


@pytest.mark.parametrize(
    ("name", "forbidden"), CASES, ids=lambda value: getattr(value, "imported", None)
)
def test_a_forbidden_import_breaks_its_contract(
    name: str, forbidden: Forbidden, broken: str
) -> None:
    assert f"{name} BROKEN" in " ".join(broken.split())
    assert f"{forbidden.package}.counterexample -> {forbidden.imported}" in broken


def _only_contract(tree: Path, name: str) -> None:
    """Write settings that hold nothing but this contract."""
    lines = [f"[importlinter]\nroot_packages =\n{_indented(SETTINGS['root_packages'])}"]
    lines.append(f"include_external_packages = {SETTINGS['include_external_packages']}")
    lines.append("[importlinter:contract:1]")
    for key, value in CONTRACTS[name].items():
        lines.append(
            f"{key} =\n{_indented(value)}" if isinstance(value, list) else f"{key} = {value}"
        )
    (tree / ".importlinter").write_text("\n".join(lines))


def _indented(values: list[str]) -> str:
    return "\n".join(f"    {value}" for value in values)


def _lint(tree: Path) -> str:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-logo"],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    ).stdout
