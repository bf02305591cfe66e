"""The files of a key folder: their names, their states, and how a key is read from PEM."""

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)

from application.ports.startup import BadSetting
from domain.record import Record

MIN_KEY_BITS = 2048

NEXT = ".next.pem"
RETIRED = re.compile(r"\.retired-(?P<stamp>\d{8}T\d{6}Z)\.pem\Z")
STAMPED = re.compile(r"(?P<stamp>\d{8}T\d{6}Z)(\.next)?\.pem\Z")
STAMP = "%Y%m%dT%H%M%SZ"

State = Literal["next", "active", "retired"]


class Key(Record):
    """A key that verifies signatures; `kid` is its RFC 7638 thumbprint."""

    kid: str
    public: RSAPublicKey
    jwk: dict[str, str]


class SigningKey(Key):
    private: RSAPrivateKey


class KeyFile(Record):
    """The file of a key. Its name holds its state and since when, so that a copy of the folder
    says the same. A name without a time, as people give them, is as old as its file.
    """

    path: Path
    state: State
    since: datetime

    @classmethod
    def of(cls, path: Path) -> "KeyFile":
        if retired := RETIRED.search(path.name):
            return cls(path=path, state="retired", since=_moment(retired["stamp"]))
        state: State = "next" if path.name.endswith(NEXT) else "active"
        if stamped := STAMPED.match(path.name):
            return cls(path=path, state=state, since=_moment(stamped["stamp"]))
        return cls(path=path, state=state, since=datetime.fromtimestamp(path.stat().st_mtime, UTC))

    @property
    def order(self) -> tuple[bool, str]:
        """Sorts by name, those of a rotation last: the last active key signs."""
        return STAMPED.match(self.path.name) is not None, self.path.name


def key_files(folder: Path) -> Sequence[KeyFile]:
    """Return the keys of a folder; the last active one signs.

    Raises:
        BadSetting: the name of a file holds a malformed time.
    """
    return sorted(map(KeyFile.of, folder.glob("*.pem")), key=lambda file: file.order)


def _moment(stamp: str) -> datetime:
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise BadSetting(
            f"ANNALS_KEYS_DIR has a key with a bad time in its name: {stamp}."
        ) from None


def load_key(file: Path) -> Key:
    """Return the key of a file, with its private half if the file has it.

    Raises:
        BadSetting: the file is no PEM key, or no RSA key of MIN_KEY_BITS or more.
    """
    pem = file.read_bytes()
    loaded: object
    try:
        if b"PRIVATE KEY" in pem:
            loaded = load_pem_private_key(pem, password=None)
        else:
            loaded = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadSetting(f"ANNALS_KEYS_DIR has a file that is no PEM key: {file}.") from None
    public = loaded.public_key() if isinstance(loaded, RSAPrivateKey) else loaded
    if not isinstance(public, RSAPublicKey) or public.key_size < MIN_KEY_BITS:
        raise BadSetting(
            f"ANNALS_KEYS_DIR has a key that is not RSA of {MIN_KEY_BITS} bits or more: {file}."
        )
    jwk = _jwk(public)
    if isinstance(loaded, RSAPrivateKey):
        return SigningKey(kid=jwk["kid"], public=public, jwk=jwk, private=loaded)
    return Key(kid=jwk["kid"], public=public, jwk=jwk)


def _jwk(key: RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    members = {"e": _base64url(numbers.e), "kty": "RSA", "n": _base64url(numbers.n)}
    # The thumbprint covers exactly these members, in this order, without white space.
    digest = hashlib.sha256(msgspec.json.encode(members, order="sorted")).digest()
    kid = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return members | {"kid": kid, "use": "sig", "alg": "RS256"}


def _base64url(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
