"""Processes of ours, started as a person starts them, and ended as badly as can be."""

import os
import subprocess
import sys
from asyncio import to_thread
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def annals(*words: str, database: str) -> "Iterator[subprocess.Popen[bytes]]":
    """The verb of the command line runs inside the block, and no longer."""
    process = subprocess.Popen(
        [sys.executable, "-m", "interfaces.cli", *words],
        env=os.environ | {"ANNALS_DATABASE_URL": database},
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
