"""The RSA keys that sign and verify tokens, read from a folder of PEM files."""

import base64
import contextlib
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from application.ports.startup import BadSetting
from domain.record import Record

log = structlog.get_logger()

MIN_KEY_BITS = 2048
RELOAD_SECONDS = 5.0  # seconds between looks at the folder


class Key(Record):
    """A key that verifies, by its RFC 7638 thumbprint."""

    kid: str
    public: RSAPublicKey
    jwk: dict[str, str]


class SigningKey(Key):
    private: RSAPrivateKey


NEXT = ".next.pem"
RETIRED = re.compile(r"\.retired-(?P<stamp>\d{8}T\d{6}Z)\.pem\Z")
STAMPED = re.compile(r"(?P<stamp>\d{8}T\d{6}Z)(\.next)?\.pem\Z")
STAMP = "%Y%m%dT%H%M%SZ"

State = Literal["next", "active", "retired"]


class KeyFile(Record):
    """A key's file. Its name tells its state, and since when: a copy of the folder tells the
    same. A name without a moment, as people give them, is as old as its file.
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
        """Of several that could sign the last does: by name, those of a rotation after others."""
        return STAMPED.match(self.path.name) is not None, self.path.name


def key_files(folder: Path) -> Sequence[KeyFile]:
    return sorted(map(KeyFile.of, folder.glob("*.pem")), key=lambda file: file.order)


def _moment(stamp: str) -> datetime:
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise BadSetting(f"ANNALS_KEYS_DIR names a key after no moment: {stamp}.") from None


class KeyRing:
    """Every key of a folder is published and verifies; the last one that is active signs.

    `annals keys rotate` renames them: one is published as `….next.pem` before it signs, and as
    `….retired-….pem` until its last token has run out. Running processes notice within seconds;
    `version` changes with the keys.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[str, Key] = {}
        self._looked_at = 0.0
        self._seen: object = None
        self._trouble = ""
        self.version = 0
        self._read()

    @property
    def signing(self) -> SigningKey:
        self.reload()
        return self._signing

    def find(self, kid: str) -> Key | None:
        if kid not in self._keys:
            self.reload()
        return self._keys.get(kid)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public halves as a JSON Web Key Set (RFC 7517)."""
        self.reload()
        return {"keys": [key.jwk for key in self._keys.values()]}

    def reload(self) -> bool:
        """Read the folder again if it has changed, at most every few seconds; say if it had."""
        if time.monotonic() - self._looked_at < RELOAD_SECONDS:
            return False
        self._looked_at = time.monotonic()
        try:
            if self._fingerprint() == self._seen:
                return False
            self._read()
        except (BadSetting, OSError) as error:
            # Half a file, or half a rotation: what we have is good until it is whole.
            if str(error) != self._trouble:
                self._trouble = str(error)
                log.warning("the keys stay as they were", reason=self._trouble)
            return False
        return True

    def _read(self) -> None:
        self._looked_at = time.monotonic()
        seen = self._fingerprint()
        found = [(file, load_key(file.path)) for file in key_files(self._folder)]
        signing = [
            (file, key)
            for file, key in found
            if isinstance(key, SigningKey) and file.state == "active"
        ]
        if not signing:
            raise BadSetting(f"ANNALS_KEYS_DIR has no RSA private key (*.pem) in {self._folder}.")
        self._keys = {key.kid: key for _, key in found}
        file, self._signing = signing[-1]
        self.signing_since = file.since
        self._seen = seen
        self._trouble = ""
        self.version += 1

    def _fingerprint(self) -> object:
        return sorted(
            (file.name, (stat := file.stat()).st_mtime_ns, stat.st_size)
            for file in self._folder.glob("*.pem")
        )


def first_key(folder: Path) -> None:
    """Make a key in a folder that has none. Safe when several processes start at once."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.glob("*.pem")):
        return
    pem = new_private_key()
    handle, name = tempfile.mkstemp(dir=folder, suffix=".unfinished")
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
    # Whoever links first has made the key; the others read that one.
    with contextlib.suppress(FileExistsError):
        Path(folder / "0001.pem").hardlink_to(name)
    Path(name).unlink()


def new_private_key() -> bytes:
    """Return an RSA key as PEM (PKCS #8, not encrypted)."""
    private = generate_private_key(public_exponent=65537, key_size=MIN_KEY_BITS)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_key(file: Path) -> Key:
    """Return the key of a file, with its private half if that is there; or raise BadSetting."""
    pem = file.read_bytes()
    loaded: object
    try:
        if b"PRIVATE KEY" in pem:
            loaded = load_pem_private_key(pem, password=None)
        else:
            loaded = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadSetting(f"ANNALS_KEYS_DIR holds a file that is no PEM key: {file}.") from None
    public = loaded.public_key() if isinstance(loaded, RSAPrivateKey) else loaded
    if not isinstance(public, RSAPublicKey) or public.key_size < MIN_KEY_BITS:
        raise BadSetting(
            f"ANNALS_KEYS_DIR holds a key that is not RSA of {MIN_KEY_BITS} bits or more: {file}."
        )
    jwk = _jwk(public)
    if isinstance(loaded, RSAPrivateKey):
        return SigningKey(kid=jwk["kid"], public=public, jwk=jwk, private=loaded)
    return Key(kid=jwk["kid"], public=public, jwk=jwk)


def _jwk(key: RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    essence = {"e": _base64url(numbers.e), "kty": "RSA", "n": _base64url(numbers.n)}
    # The thumbprint is over exactly these members, in this order, without white space.
    digest = hashlib.sha256(msgspec.json.encode(essence, order="sorted")).digest()
    kid = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return essence | {"kid": kid, "use": "sig", "alg": "RS256"}


def _base64url(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
