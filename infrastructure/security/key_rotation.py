"""Rotates the key that signs tokens; no valid token is refused meanwhile."""

import os
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from application.ports.startup import CannotStart
from domain.record import Record
from infrastructure.security.key_files import NEXT, STAMP, KeyFile, State, key_files, load_key
from infrastructure.security.signing_key import new_private_key
from infrastructure.security.tokens import LEEWAY_SECONDS

# Others cache our public keys for 5 minutes; a mounted Secret takes a minute or two to change.
PUBLISH_AHEAD = timedelta(minutes=10)
MARGIN = timedelta(minutes=1)


class KeyState(Record):
    """A key of the folder, and since when it has this state."""

    kid: str
    state: State
    since: datetime
    file: str


class Rotation(Record):
    """The changes of a rotation, as key ids. Before `wait_until` the next key must not sign."""

    signing: str | None = None
    retired: Sequence[str] = ()
    gone: Sequence[str] = ()
    published: str | None = None
    wait_until: datetime | None = None


class KeyFolder:
    """The keys of `folder`; `life` is the lifetime of an access token."""

    def __init__(self, folder: Path, *, life: timedelta) -> None:
        self._folder = folder
        self._life = life

    def states(self) -> Sequence[KeyState]:
        """Return all keys; the key that signs is the first active one."""
        files = key_files(self._folder)
        return [
            KeyState(
                kid=load_key(file.path).kid, state=file.state, since=file.since, file=file.path.name
            )
            for file in reversed(files)
        ]

    def rotate(self, now: datetime, *, at_once: bool = False) -> Rotation:
        """Take the next step: next becomes active, active becomes retired, retired is deleted.

        A next key that others cannot know yet stays as it is, unless `at_once` is set. A retired
        key keeps only its public half, until the tokens it signed have expired. A rotation that
        is interrupted anywhere leaves a folder that works.

        Raises:
            CannotStart: the folder cannot be written to.
        """
        if not os.access(self._folder, os.W_OK):
            raise CannotStart(f"The key folder {self._folder} cannot be written to.")
        files = key_files(self._folder)
        gone = self._delete_expired(files, now)
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

    def _delete_expired(self, files: Sequence[KeyFile], now: datetime) -> list[str]:
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
        """Write a file atomically, readable by our account alone."""
        handle, unfinished = tempfile.mkstemp(dir=self._folder, suffix=".unfinished")
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).rename(self._folder / name)
