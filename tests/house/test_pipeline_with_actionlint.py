"""actionlint's opinion of the workflows, shell lines included where shellcheck is."""

import subprocess
from pathlib import Path

from tests.house.tools import find

ROOT = Path(__file__).parents[2]


def test_every_workflow_is_one_that_runs() -> None:
    linted = subprocess.run(
        [find("actionlint") or "actionlint", *map(str, ROOT.glob(".github/workflows/*.yml"))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout
