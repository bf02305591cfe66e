"""Arrays in the binary form of PostgreSQL's protocol, for statements with many values.

psycopg looks at every value of a list to find the type of its array: three times the work.
"""

import struct
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.adapt import AdaptersMap, Dumper
from psycopg.pq import Format

UUID_OID, INT8_OID, TEXT_OID, BYTEA_OID = 2950, 20, 25, 17
UUID_ARRAY_OID = 2951

_HEAD = struct.Struct(">iiIii").pack  # dimensions, whether there are nulls, type, length, begin
_LENGTH = struct.Struct(">i").pack
int8 = struct.Struct(">q").pack


class PackedArray(bytes):
    """A parameter; its type follows from the cast beside it in the statement."""


class PackedArrayDumper(Dumper):
    format = Format.BINARY
    oid = 0

    def dump(self, obj: Any) -> bytes:
        return bytes(obj)


class UuidArray(PackedArray):
    """An array of UUIDs, as a parameter that needs no cast."""


class UuidArrayDumper(PackedArrayDumper):
    oid = UUID_ARRAY_OID


def packed(oid: int, values: Sequence[bytes]) -> PackedArray:
    """Return an array of elements of the type `oid`, each in its binary form."""
    parts = [_HEAD(1, 0, oid, len(values), 1)]
    for value in values:
        parts += _LENGTH(len(value)), value
    return PackedArray(b"".join(parts))


def uuid_array(values: Sequence[UUID]) -> UuidArray:
    """Return an array of UUIDs."""
    return UuidArray(packed(UUID_OID, [value.bytes for value in values]))


def register_packed_arrays(adapters: AdaptersMap) -> None:
    """Let a connection take packed arrays as parameters."""
    adapters.register_dumper(PackedArray, PackedArrayDumper)
    adapters.register_dumper(UuidArray, UuidArrayDumper)
