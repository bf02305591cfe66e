"""The RSA keys that sign and verify tokens, read from a folder of PEM files."""

import base64
import contextlib
import hashlib
import os
import tempfile
import time
from pathlib import Path

import msgspec
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

from domain.record import Record
from infrastructure.settings import BadSetting

FEWEST_BITS = 2048
LOOK_AGAIN = 5.0  # seconds between looks at the folder


class Key(Record):
    """A key that verifies, by its RFC 7638 thumbprint."""

    kid: str
    public: RSAPublicKey
    jwk: dict[str, str]


class SigningKey(Key):
    private: RSAPrivateKey


class KeyRing:
    """Every key of a folder is published and verifies; the last by name signs.

    To rotate, add a file under a later name: `2026-05.next.pem` is published and does not
    sign until it is renamed to `2026-05.pem`. Take an old file away once its last token has
    run out. Running processes notice within seconds.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[str, Key] = {}
        self._looked_at = 0.0
        self._seen: object = None
        self._read()

    @property
    def signing(self) -> SigningKey:
        self.look()
        return self._signing

    def find(self, kid: str) -> Key | None:
        if kid not in self._keys:
            self.look()
        return self._keys.get(kid)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public halves as a JSON Web Key Set (RFC 7517)."""
        self.look()
        return {"keys": [key.jwk for key in self._keys.values()]}

    def look(self) -> bool:
        """Read the folder again if it has changed, at most every few seconds; say if it had."""
        if time.monotonic() - self._looked_at < LOOK_AGAIN:
            return False
        self._looked_at = time.monotonic()
        if self._fingerprint() == self._seen:
            return False
        try:
            self._read()
        except BadSetting:
            # Half a file, most likely: what we have is good until it is whole.
            return False
        return True

    def _read(self) -> None:
        self._looked_at = time.monotonic()
        seen = self._fingerprint()
        files = sorted(self._folder.glob("*.pem"))
        found = {file.name: _load(file) for file in files}
        signing = [
            key
            for name, key in found.items()
            if isinstance(key, SigningKey) and not name.endswith(".next.pem")
        ]
        if not signing:
            raise BadSetting(f"ANNALS_KEYS_DIR has no RSA private key (*.pem) in {self._folder}.")
        self._keys = {key.kid: key for key in found.values()}
        self._signing = signing[-1]
        self._seen = seen

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
    private = generate_private_key(public_exponent=65537, key_size=FEWEST_BITS)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    handle, name = tempfile.mkstemp(dir=folder, suffix=".unfinished")
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
    # Whoever links first has made the key; the others read that one.
    with contextlib.suppress(FileExistsError):
        Path(folder / "0001.pem").hardlink_to(name)
    Path(name).unlink()


def _load(file: Path) -> Key:
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
    if not isinstance(public, RSAPublicKey) or public.key_size < FEWEST_BITS:
        raise BadSetting(
            f"ANNALS_KEYS_DIR holds a key that is not RSA of {FEWEST_BITS} bits or more: {file}."
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
