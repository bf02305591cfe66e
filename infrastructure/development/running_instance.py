"""The `annals dev` that runs on a data folder, as other commands on this machine find it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

NAME = "running.json"


@contextmanager
def publish(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Let `environment` be found while the block runs, by our own account alone."""
    file = folder / NAME
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(msgspec.json.encode(environment))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def find(folder: Path) -> Mapping[str, str]:
    """Return the variables under which the one on this folder runs; none when none runs."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return {}
