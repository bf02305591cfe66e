"""Supervises the processes of `annals dev`: restarts those that end, and leaves none behind."""

import asyncio
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from msgspec.structs import replace

from application.ports.startup import CannotStart
from infrastructure.development.embedded.program import Program

log = structlog.get_logger()

POLL_SECONDS = 0.05  # between checks while something is awaited
WATCH_SECONDS = 0.2  # between checks while a child waits for its restart
STABLE_AFTER_SECONDS = 10.0  # a process that lived so long is restarted at once
MAX_RESTART_DELAY_SECONDS = 10.0


class Supervisor:
    """Keeps programs running inside an `async with` block and ends them all at its end.

    Use a single one per process, in its main thread: it handles SIGINT, SIGTERM and SIGHUP, which
    set `stop_requested`. Programs started together end together; the last started end first.
    """

    def __init__(self, *, log_file: Path | None = None) -> None:
        """Append the output of programs without a log of their own to `log_file`; None: to ours."""
        self.stop_requested = asyncio.Event()
        self._log_file = log_file
        self._stages: list[list[_Child]] = []
        self._child_ended = asyncio.Event()
        self._ending = False

    async def __aenter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self.stop_requested.set)
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._child_ended.set)
        self._watch = asyncio.create_task(self._watch_children())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ending = True
        self._watch.cancel()
        for stage in reversed(self._stages):
            await _end(stage)

    def start(self, *programs: Program) -> None:
        """Start programs and keep them running; nothing starts once the end has begun."""
        if self._ending:
            return
        self._stages.append([_Child(self._logged(program)) for program in programs])

    async def run(self, program: Program) -> None:
        """Run a program to its end.

        Raises:
            CannotStart: its exit code is not 0.
        """
        program = self._logged(program)
        child = _Child(program, once=True)
        stage = [child]
        self._stages.append(stage)
        code = await child.end()
        self._stages.remove(stage)
        if code:
            raise CannotStart(
                f"{program.name} failed ({_describe_exit(code)}): {program.last_output()}"
            )

    def _logged(self, program: Program) -> Program:
        return replace(program, log=program.log or self._log_file)

    async def _watch_children(self) -> None:
        while True:
            self._child_ended.clear()
            for stage in self._stages:
                for child in stage:
                    child.watch()
            restarting = any(child.restarts for stage in self._stages for child in stage)
            with suppress(TimeoutError):
                async with asyncio.timeout(WATCH_SECONDS if restarting else None):
                    await self._child_ended.wait()


class _Child:
    def __init__(self, program: Program, *, once: bool = False) -> None:
        self.program = program
        self._once = once
        self._failures = 0
        self._restart_at: float | None = None
        self._spawn()

    def watch(self) -> None:
        if self._once or self.process.poll() is None:
            return
        if self._restart_at is None:
            delay = self._delay()
            self._restart_at = time.monotonic() + delay
            log.warning(
                "process_restarting",
                process=self.program.name,
                ended_pid=self.process.pid,
                exit=_describe_exit(self.process.returncode),
                delay_seconds=delay,
            )
        if time.monotonic() >= self._restart_at:
            self._spawn()

    @property
    def restarts(self) -> bool:
        """Whether it has ended and waits for its restart."""
        return self._restart_at is not None

    def terminate(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.program.stop)

    def kill(self) -> None:
        """Kill it and its children."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)

    async def end(self) -> int:
        """Wait until it has ended; return its exit code, or minus the signal that ended it."""
        while (code := self.process.poll()) is None:  # noqa: ASYNC110 - Popen has no event
            await asyncio.sleep(POLL_SECONDS / 5)
        return code

    def _spawn(self) -> None:
        self._restart_at = None
        self._started = time.monotonic()
        self.process: subprocess.Popen[bytes] = self.program.spawn()
        log.debug("process_started", process=self.program.name, pid=self.process.pid)

    def _delay(self) -> float:
        """Return 0 after the first failure, then more and more for a process that keeps failing."""
        stable = time.monotonic() - self._started >= STABLE_AFTER_SECONDS
        self._failures = 0 if stable else self._failures + 1
        return (
            0.0
            if self._failures <= 1
            else min(0.25 * 2.0**self._failures, MAX_RESTART_DELAY_SECONDS)
        )


async def _end(stage: list[_Child]) -> None:
    for child in stage:
        child.terminate()
    await asyncio.gather(*(_ended(child) for child in stage))


async def _ended(child: _Child) -> None:
    try:
        async with asyncio.timeout(child.program.timeout_seconds):
            await child.end()
    except TimeoutError:
        log.warning("process_killed", process=child.program.name)
        child.kill()
        await child.end()


def _describe_exit(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
