"""What a process that starts says to the person who started it."""

from pathlib import Path
from typing import Protocol

from domain.record import Record


class CannotStart(Exception):
    """A reason not to start, in one sentence for the person who typed the command."""

    exit_code = 1


class BadSetting(CannotStart):
    """A variable that is missing or invalid."""

    exit_code = 2


class OperationRefused(Exception):
    """An operation that is not possible now, in one sentence for the operator."""


class DemoAccount(Record):
    """The account for a first look."""

    email: str
    password: str


class RunningInstance(Record):
    """What `annals dev` has started: addresses, None where that server does not run."""

    folder: Path
    log: Path | None  # the file with the log lines of all processes; None: they are shown
    api: str | None = None
    mail: str | None = None  # where caught mail is shown
    kafka: str | None = None
    demo: DemoAccount | None = None


class Progress(Protocol):
    """Shows the person at the terminal how far `annals dev` is."""

    def step(self, text: str) -> None:
        """Say what is being done now."""
        ...

    def running(self, instance: RunningInstance) -> None:
        """Say that everything runs, and where."""
        ...

    def warn(self, line: str) -> None:
        """Show a warning of a process."""
        ...
