"""A file system of a server's own that a test can fill up, where the system permits to mount it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from tests.support.servers.databases import scratch

SIZE = "192m"  # an empty cluster takes 41 MB, and its write-ahead log grows to some segments
PIECE = b"\0" * 4096


class SmallDisk:
    """A file system in memory, mounted at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave not a single page free."""
        with self._ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(PIECE)

    def empty(self) -> None:
        """Remove what it was filled with."""
        self._ballast.unlink()


@contextmanager
def small_disk() -> Iterator[SmallDisk]:
    """A small disk, gone with what is on it when the block ends.

    Raises:
        OSError: this account may not mount anything.
    """
    with scratch() as folder:
        _run("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=711", "annals", str(folder))
        try:
            yield SmallDisk(folder)
        finally:
            _run("umount", str(folder))


@cache
def may_mount() -> bool:
    """Whether small disks can be had here."""
    try:
        with small_disk():
            return True
    except OSError:
        return False


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise OSError(done.stderr)
