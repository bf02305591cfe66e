"""The ids of ADR 0024, computed from its words and the secret, by none of the product's code."""

import hashlib
import hmac
from pathlib import Path
from uuid import UUID


def secret_of(data_folder: Path) -> bytes:
    """Return the installation secret of a tree with its data in this folder."""
    return (data_folder / "keys" / "installation-secret").read_bytes().strip()


def correlation_id(secret: bytes, account: str, request_id: str) -> str:
    """Return the correlation id of what an account's request with this X-Request-ID records."""
    parts = [b"correlation", account.encode(), request_id.encode()]
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    digits = hmac.digest(secret, framed, hashlib.sha256).hex()[:32]
    variant = "89ab"[int(digits[16], 16) & 3]
    return str(UUID(f"{digits[:12]}8{digits[13:16]}{variant}{digits[17:]}"))
