"""Changes the key that signs tokens, without a moment in which a good token is refused."""

import os
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from application.ports.startup import CannotStart
from domain.record import Record
from infrastructure.security.key_ring import (
    NEXT,
    STAMP,
    KeyFile,
    State,
    key_files,
    load_key,
    new_private_key,
)
from infrastructure.security.tokens import LEEWAY_SECONDS

# Who keeps our public keys asks anew after 5 minutes; a mounted Secret takes a minute or two.
PUBLISH_AHEAD = timedelta(minutes=10)
MARGIN = timedelta(minutes=1)


class KeyState(Record):
    """A key of the folder, and since when it is what it is."""

    kid: str
    state: State
    since: datetime
    file: str


class Rotation(Record):
    """What a rotation changed. `wait_until`: before then the next key must not sign."""

    signing: str | None = None
    retired: Sequence[str] = ()
    gone: Sequence[str] = ()
    published: str | None = None
    wait_until: datetime | None = None


class KeyFolder:
    """The keys of `folder`; `life` is that of an access token."""

    def __init__(self, folder: Path, *, life: timedelta) -> None:
        self._folder = folder
        self._life = life

    def states(self) -> Sequence[KeyState]:
        """Return all keys, the one that signs first of its kind."""
        files = key_files(self._folder)
        return [
            KeyState(
                kid=load_key(file.path).kid, state=file.state, since=file.since, file=file.path.name
            )
            for file in reversed(files)
        ]

    def rotate(self, now: datetime, *, at_once: bool = False) -> Rotation:
        """Take the next step: next becomes active, active retired, retired gone.

        A next key that others cannot know yet stays as it is, unless it must be `at_once`.
        What was retired keeps its public half alone, until the tokens it signed have run out.
        Interrupted anywhere, it leaves a folder that works. Raises CannotStart where nothing can
        be written.
        """
        if not os.access(self._folder, os.W_OK):
            raise CannotStart(f"Nothing can be written to {self._folder}, where the keys are.")
        files = key_files(self._folder)
        gone = self._remove_the_old(files, now)
        following = [file for file in files if file.state == "next"]
        if following and not at_once:
            ripe = following[-1].since + PUBLISH_AHEAD
            if now < ripe:
                return Rotation(gone=gone, wait_until=ripe)
        signing, retired = None, []
        if following:
            signing = load_key(following[-1].path).kid
            following[-1].path.rename(self._folder / f"{now.strftime(STAMP)}.pem")
            retired = [self._retire(file, now) for file in files if file.state == "active"]
        published = self._publish(now)
        return Rotation(signing=signing, retired=retired, gone=gone, published=published)

    def _remove_the_old(self, files: Sequence[KeyFile], now: datetime) -> list[str]:
        last = now - self._life - timedelta(seconds=LEEWAY_SECONDS) - MARGIN
        gone = []
        for file in files:
            if file.state == "retired" and file.since < last:
                gone.append(load_key(file.path).kid)
                file.path.unlink()
        return gone

    def _retire(self, file: KeyFile, now: datetime) -> str:
        key = load_key(file.path)
        public = key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        stem = file.path.name.removesuffix(".pem")
        self._write(f"{stem}.retired-{now.strftime(STAMP)}.pem", public)
        file.path.unlink()
        return key.kid

    def _publish(self, now: datetime) -> str:
        name = now.strftime(STAMP) + NEXT
        self._write(name, new_private_key())
        return load_key(self._folder / name).kid

    def _write(self, name: str, pem: bytes) -> None:
        """Put a file there as a whole, for us alone to read."""
        handle, unfinished = tempfile.mkstemp(dir=self._folder, suffix=".unfinished")
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).rename(self._folder / name)
