"""The supervisor, over small programs that misbehave in every way it must cope with."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL

import pytest

from application.ports.startup import CannotStart
from infrastructure.development.embedded.program import Program
from infrastructure.development.supervisor import Supervisor

SLEEP = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


async def test_a_program_that_ends_by_itself_is_started_again(tmp_path: Path) -> None:
    async with Supervisor() as tree:
        tree.start(noting(tmp_path, SLEEP))
        [first] = await starts(tmp_path, 1)
        os.kill(first, SIGKILL)
        _, second = await starts(tmp_path, 2)
        assert alive(second)
    assert not alive(second)


async def test_a_program_that_cannot_live_is_tried_less_and_less_often(tmp_path: Path) -> None:
    async with Supervisor() as tree:
        tree.start(noting(tmp_path, "raise SystemExit(3)"))
        began = time.monotonic()
        await starts(tmp_path, 4)  # at once, at once, after 1 s, after 2 s
        assert time.monotonic() - began > 3


async def test_a_program_that_will_not_end_is_killed_when_patience_is_over(tmp_path: Path) -> None:
    async with Supervisor() as tree:
        tree.start(noting(tmp_path, DEAF + NOTE + SLEEP, timeout_seconds=0.3, note=False))
        [deaf] = await starts(tmp_path, 1)
        began = time.monotonic()
    assert time.monotonic() - began >= 0.3
    assert not alive(deaf)


async def test_the_last_started_ends_first(tmp_path: Path) -> None:
    says_goodbye = (
        "import signal, sys, time\n"
        "def end(*_): open({file!r}, 'a').write({name!r} + ' '); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
    )
    goodbyes = tmp_path / "goodbyes"
    async with Supervisor() as tree:
        for number, name in enumerate(["server", "client"], start=1):
            code = says_goodbye.format(file=str(goodbyes), name=name) + NOTE + SLEEP
            tree.start(noting(tmp_path, code, note=False))
            await starts(tmp_path, number)
    assert goodbyes.read_text() == "client server "


async def test_a_step_that_fails_says_why(tmp_path: Path) -> None:
    failing = Program(
        name="step",
        argv=(sys.executable, "-c", "raise SystemExit('no room left')"),
        log=tmp_path / "log",
    )
    async with Supervisor() as tree:
        with pytest.raises(CannotStart, match=r"step failed \(exit code 1\): no room left"):
            await tree.run(failing)


NOTE = "import os; open('starts', 'a').write(f'{os.getpid()} ')\n"


def noting(folder: Path, code: str, *, timeout_seconds: float = 2.0, note: bool = True) -> Program:
    """A program that writes its process id into the folder when it is as far as it should be."""
    argv = (sys.executable, "-c", (NOTE if note else "") + code)
    return Program(name="stand-in", argv=argv, folder=folder, timeout_seconds=timeout_seconds)


async def starts(folder: Path, number: int) -> list[int]:
    """The process ids of so many starts, once there were so many."""
    file = folder / "starts"
    await until(lambda: file.exists() and len(file.read_text().split()) >= number)
    return [int(pid) for pid in file.read_text().split()]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not true():  # noqa: ASYNC110 - what other processes do rings no bell here
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
