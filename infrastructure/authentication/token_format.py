"""The form of personal access tokens: scanners find them, and typing errors are seen at once."""

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "annals_pat_"
SECRET_LENGTH = 40  # characters, of 5.95 bits each
CHECKSUM_LENGTH = 6  # characters, enough for 32 bits
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase

# What scanners of secrets look for; SECURITY.md has it too.
PATTERN = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{SECRET_LENGTH + CHECKSUM_LENGTH}}}")


def new_token() -> str:
    """Return a new token: the prefix, random characters, and their checksum."""
    secret = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(SECRET_LENGTH))
    return secret + _checksum(secret)


def is_well_formed(token: str) -> bool:
    """Return whether the token is complete and its checksum is right; no secret is compared."""
    if PATTERN.fullmatch(token) is None:
        return False
    return _checksum(token[:-CHECKSUM_LENGTH]) == token[-CHECKSUM_LENGTH:]


def digest(token: str) -> bytes:
    """Return what is stored in place of a token. 238 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
