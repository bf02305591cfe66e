"""One `annals dev`, started the way a person starts it, and everything it starts."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

from tests.support.servers.databases import scratch
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]
ANNALS = (sys.executable, "-m", "interfaces.cli")


def environment(**settings: str) -> dict[str, str]:
    """Our own environment without anybody's settings, and with these."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ANNALS_")}
    given = {f"ANNALS_{name.upper()}": value for name, value in settings.items()}
    # What is not about limits is in a hurry.
    unlimited = {
        "ANNALS_ACCOUNT_REQUESTS_PER_SECOND": "0",
        "ANNALS_ADDRESS_REQUESTS_PER_SECOND": "0",
        "ANNALS_CONNECTIONS_PER_ADDRESS": "0",
        "ANNALS_LOGINS_PER_MINUTE": "0",
        "ANNALS_TASKS": "0",
        "ANNALS_REMINDERS": "0",
        "ANNALS_EVENTS_PER_DAY": "0",
        "ANNALS_MEGABYTES_PER_DAY": "0",
    }
    # No `annals dev` that happens to run in this checkout is to be anybody's neighbour.
    return plain | {"PYTHONPATH": str(ROOT), "ANNALS_DATA_DIR": os.devnull} | unlimited | given


def annals(*words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """What one command says and how it ends."""
    return subprocess.run(
        [*ANNALS, *words],
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class DevProcess:
    """A running `annals dev` and its descendants, orphans included."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.output = folder.parent / f"{folder.name}.out"
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*ANNALS, "dev", "--data-dir", str(folder)],
                env=environment(**settings) | {"TREE": str(folder)},
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )

    def log_text(self) -> str:
        return self.output.read_text()

    def wait_until_running(self) -> None:
        before = self.log_text().count("Annals runs.")
        wait_until(
            lambda: self.log_text().count("Annals runs.") > before or self._gone(),
            self.log_text,
            within=90,
        )
        assert not self._gone(), self.log_text()

    def members(self) -> dict[int, str]:
        """Process ids and command lines of all that belongs to the tree and lives."""
        return dict(_living(self._is_ours))

    def member(self, words: str) -> int:
        """The process id of the first member whose command line has these words, or 0."""
        return next((pid for pid, line in self.members().items() if words in line), 0)

    @property
    def address(self) -> str:
        """Where its API answers, as it says itself."""
        [address] = re.findall(r"API +(\S+)/api/v1", self.log_text())[-1:]
        return str(address)

    @property
    def database_url(self) -> str:
        password = (self.folder / "postgres/app-password").read_text()
        return f"postgresql://annals_app:{password}@127.0.0.1:{self.port_of('postgres')}/annals"

    def port_of(self, server: str) -> int:
        """The port of an embedded server: postgres, valkey or kafka."""
        return int((self.folder / server / "port").read_text())

    def serving(self) -> list[int]:
        """The ids of its API processes."""
        return sorted(pid for pid, line in self.members().items() if "interfaces.cli serve" in line)

    def end(self, number: Signals) -> int:
        """Send the signal and wait until the supervisor has ended; return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def killed_for_not_ending(self, words: str) -> bool:
        """Whether the supervisor had to kill a process with these words in its name."""
        lines = self.log_text().splitlines()
        return any("would not end and is killed" in line and words in line for line in lines)

    def _gone(self) -> bool:
        return self.process.poll() is not None

    def _is_ours(self, process: Path) -> bool:
        # PostgreSQL paints over its environment, but works in its data; the others keep the mark.
        marked = f"TREE={self.folder}\0".encode() in (process / "environ").read_bytes()
        return marked or self.folder in (process / "cwd").readlink().parents


@contextmanager
def data_folder() -> Iterator[Path]:
    """Where a tree may put its data."""
    with scratch() as folder:
        yield folder / "data"
        # It stands elsewhere when the account of PostgreSQL cannot come here.
        shutil.rmtree((folder / "data/postgres").resolve(), ignore_errors=True)


@contextmanager
def dev_process(folder: Path, **settings: str) -> Iterator[DevProcess]:
    """A tree that is up, and down again when the block ends."""
    tree = DevProcess(folder, **settings)
    try:
        tree.wait_until_running()
        yield tree
    finally:
        tree.end(SIGTERM if tree.process.poll() is None else SIGKILL)


def _living(wanted: Callable[[Path], bool]) -> Iterator[tuple[int, str]]:
    for process in Path("/proc").iterdir():
        try:
            line = (process / "cmdline").read_bytes() if process.name.isdigit() else b""
            if line and wanted(process):  # a zombie has no command line
                yield int(process.name), line.replace(b"\0", b" ").decode()
        except OSError:
            continue  # ended while we looked, or not ours to look at
