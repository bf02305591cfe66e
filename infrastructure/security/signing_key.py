"""Fills a key folder: the first signing key and the installation secret, where it has none."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from infrastructure.security.installation_secret import NAME as SECRET
from infrastructure.security.key_files import MIN_KEY_BITS

FIRST = "0001.pem"


def new_private_key() -> bytes:
    """Return a new RSA key as PEM (PKCS #8, not encrypted)."""
    private = generate_private_key(public_exponent=65537, key_size=MIN_KEY_BITS)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def fill_key_folder(folder: Path) -> None:
    """Put a key and a secret (0600) into the folder unless it has them.

    Safe in several processes at once.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / SECRET).exists():
        _keep(folder / SECRET, secrets.token_urlsafe(32).encode())
    if not any(folder.glob("*.pem")):
        _keep(folder / FIRST, new_private_key())


def _keep(file: Path, content: bytes) -> None:
    handle, unfinished = tempfile.mkstemp(dir=file.parent, suffix=".unfinished")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    # The first process to link its file has made it; the others use that one.
    with contextlib.suppress(FileExistsError):
        file.hardlink_to(unfinished)
    Path(unfinished).unlink()
