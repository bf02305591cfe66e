"""UUIDs from their bytes, from names within a namespace (version 5), and as text.

The library checks and formats in Python what msgspec does in C: a command makes and writes several.
"""

from hashlib import sha1
from uuid import UUID

import msgspec

PREFERENCES_NAMESPACE = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b03")
INBOX_NAMESPACE = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b04")
SECOND_FACTORS_NAMESPACE = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b06")
OPERATIONS_NAMESPACE = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b17")
CHANGES_NAMESPACE = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b18")
SUGGESTION_NAMESPACE = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b05")

_BINARY = b"\xc4\x10"  # in MessagePack: 16 bytes follow
_decode = msgspec.msgpack.Decoder(UUID).decode
_encode = msgspec.json.Encoder().encode


def uuid_of(number: int) -> UUID:
    """Return the UUID of a number of 128 bits."""
    return _decode(_BINARY + number.to_bytes(16, "big"))


def named_uuid(namespace: UUID, name: str) -> UUID:
    """Return what `uuid.uuid5` returns: the same id for the same name, in each namespace another.

    Ids of names are no secrets; where they must be (`StreamNames`), another digest makes them.
    """
    digest = sha1(namespace.bytes + name.encode(), usedforsecurity=False).digest()
    number = int.from_bytes(digest[:16], "big")
    return uuid_of(number & ~(0xF000 << 64 | 0xC000 << 48) | 5 << 76 | 0x8000 << 48)


def uuid_text(uuid: UUID) -> bytes:
    """Return the text of a UUID, in ASCII."""
    return _encode(uuid)[1:-1]
