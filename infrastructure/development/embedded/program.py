"""A program to run as a child process that never outlives its parent."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import Any

from msgspec import field

from domain.record import Record


class RunAs(Record):
    """The account of a program that must not run as root."""

    user: int
    group: int


class Program(Record):
    """A command to run, and how it is run and stopped."""

    name: str
    argv: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)  # added to our own
    folder: Path | None = None
    run_as: RunAs | None = None
    sockets: tuple[int, ...] = ()  # open file descriptors the program inherits
    log: Path | None = None  # the file for its output; None: our own output
    stop: Signals = SIGTERM  # ends it in good order
    orphaned: Signals = SIGKILL  # the kernel sends it this when we are killed
    timeout_seconds: float = 2.0  # between the signal `stop` and SIGKILL

    def spawn(self) -> "subprocess.Popen[bytes]":
        """Start it, from the main thread: Linux ties the child to the thread that starts it."""
        output = self.log.open("ab") if self.log else None
        try:
            return subprocess.Popen(  # noqa: S603 - the command is ours, and no shell reads it
                self.argv,
                env=os.environ | self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=self.sockets,
                # Its own session: Ctrl-C in a terminal reaches us alone, and we end it in order.
                start_new_session=True,
                preexec_fn=_tied_to_us(self.orphaned),
                **self._account(),
            )
        finally:
            if output:
                output.close()

    def last_output(self) -> str:
        """Return the last line of its log, for a message that says why it did not start."""
        if self.log is None:
            return "see the lines above"
        lines = self.log.read_text(errors="replace").splitlines()
        return next((line for line in reversed(lines) if line.strip()), "nothing was logged")

    def _account(self) -> dict[str, Any]:
        if self.run_as is None:
            return {}
        return {"user": self.run_as.user, "group": self.run_as.group, "extra_groups": []}


PR_SET_PDEATHSIG = 1


def _tied_to_us(signal: Signals) -> Callable[[], None] | None:
    """Return what the child runs before it becomes the program, so that our SIGKILL ends it too.

    It runs after the change of user, which would undo it. Only Linux has this.
    """
    if sys.platform != "linux":
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def tie() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(signal), 0, 0, 0)
        if os.getppid() != parent:  # we died between the fork and this line
            os._exit(1)

    return tie
