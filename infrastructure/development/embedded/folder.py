"""The data folder of `annals dev`: locked by a single process, with its ports and secrets."""

import fcntl
import os
import random
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from application.ports.startup import CannotStart

# The kernel takes the ports of outgoing connections from higher ones: it could give away a port
# that was free a moment ago, and the server that wants it would never start.
PORTS = range(12_000, 20_000)


@contextmanager
def locked_folder(folder: Path) -> Iterator[Path]:
    """Create the folder if needed, and lock it while the block runs.

    The kernel holds the lock: it ends with this process, however the process ends.

    Raises:
        CannotStart: another process has locked the folder, or it cannot be created.
    """
    folder = folder.resolve()
    try:
        # Other accounts may enter, because PostgreSQL does not run as root; secrets are 0600.
        folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotStart(f"The data folder {folder} cannot be used: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 32, 0).decode() or "(unknown)"
        os.close(lock)
        raise CannotStart(
            f"The data folder {folder} is in use by process {holder}: "
            "stop that process, or choose another folder with --data-dir."
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    try:
        yield folder
    finally:
        os.close(lock)


def kept_secret(file: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> str:
    """Return the secret in this file, created at first use and readable by our account alone."""
    if not file.exists():
        unfinished = file.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(make())
        unfinished.rename(file)
    return file.read_text()


def kept_port(file: Path) -> int:
    """Return the loopback port kept in this file; if it is taken, keep and return another."""
    wanted = [int(file.read_text())] if file.exists() else []
    for port in (*wanted, *random.sample(PORTS, k=100)):
        if _is_free(port):
            file.write_text(str(port))
            return port
    raise CannotStart(f"No port from {PORTS.start} to {PORTS.stop - 1} is free.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
