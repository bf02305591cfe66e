"""The codes themselves: those of apps (TOTP, RFC 6238), and those for recovery."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Sequence

import pyotp

STEP_SECONDS = 30
DRIFT_STEPS = 1  # steps that the clock of a phone may differ
RECOVERY_CODES = 10
# Letters and digits that nobody takes for each other.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
RECOVERY_LENGTH = 12  # characters: about 59 bits


def matching_step(secret: str, code: str, now: float) -> int | None:
    """Return the time step, in 30 s since 1970, whose code this is; None: it is none of now."""
    plain = code.replace(" ", "")
    if not (plain.isascii() and plain.isdigit() and len(plain) == 6):
        return None
    totp, step = pyotp.TOTP(secret), int(now) // STEP_SECONDS
    found = None
    for each in range(step - DRIFT_STEPS, step + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.at(each * STEP_SECONDS), plain):
            found = each
    return found


def new_recovery_codes() -> Sequence[str]:
    return list(_recovery_codes())


def recovery_digest(key: bytes, account: bytes, code: str) -> bytes:
    """Return what is stored of a recovery code: nobody can guess it without the key."""
    plain = code.strip().lower().replace("-", "").replace(" ", "")
    return hmac.digest(key, account + plain.encode(), hashlib.sha256)


def _recovery_codes() -> Iterator[str]:
    for _ in range(RECOVERY_CODES):
        code = "".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH))
        yield f"{code[:4]}-{code[4:8]}-{code[8:]}"
