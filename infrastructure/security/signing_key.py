"""Makes signing keys, and keeps the first one in a folder that has none."""

import contextlib
import os
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from infrastructure.security.key_files import MIN_KEY_BITS

FIRST = "0001.pem"


def new_private_key() -> bytes:
    """Return a new RSA key as PEM (PKCS #8, not encrypted)."""
    private = generate_private_key(public_exponent=65537, key_size=MIN_KEY_BITS)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def keep_signing_key(folder: Path) -> None:
    """Put a new key (0600) into the folder unless it has one; safe in several processes at once."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.glob("*.pem")):
        return
    handle, unfinished = tempfile.mkstemp(dir=folder, suffix=".unfinished")
    with os.fdopen(handle, "wb") as file:
        file.write(new_private_key())
    # The first process to link its file has made the key; the others use that one.
    with contextlib.suppress(FileExistsError):
        (folder / FIRST).hardlink_to(unfinished)
    Path(unfinished).unlink()
