"""A key to sign tokens with, for a machine that was given none."""

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def keep_signing_key(folder: Path) -> None:
    """Put an RSA key (PEM, PKCS #8, unencrypted, 0600) into the folder unless one is there."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if any(folder.glob("*.pem")):
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    unfinished = folder / "development.unfinished"
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(key)
    unfinished.rename(folder / "development.pem")
