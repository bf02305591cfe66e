"""Lets other commands on this machine find the `annals dev` that runs on a data folder."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

NAME = "running.json"


@contextmanager
def publish(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Publish `environment` while the block runs, readable by our account alone."""
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
    """Return the variables of the `annals dev` on this folder; empty when none runs."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return {}
