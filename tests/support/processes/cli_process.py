"""Processes of ours, started as a person starts them, and ended as badly as can be."""

import subprocess
import sys
from asyncio import to_thread
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes.dev_process import ROOT, environment


@contextmanager
def annals(
    *words: str, database: str, log_level: str = "info", release: Path = ROOT
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run the verb of the command line inside the block, with the code in `release`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "interfaces.cli", *words],
        env=environment(database_url=database, log_level=log_level) | {"PYTHONPATH": str(release)},
        cwd=release,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=10)


async def killed(process: "subprocess.Popen[bytes]") -> None:
    """Kill -9, and wait until it is gone."""
    process.kill()
    await to_thread(process.wait, 10)
