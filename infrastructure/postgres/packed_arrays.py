"""Arrays in the binary form of PostgreSQL's protocol, for statements with many values.

psycopg looks at every value of a list to find the type of its array: three times the work.
"""

import struct
from collections.abc import Sequence
from typing import Any

from psycopg.adapt import AdaptersMap, Dumper
from psycopg.pq import Format

UUID_OID, INT8_OID, TEXT_OID, BYTEA_OID = 2950, 20, 25, 17

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


def packed(oid: int, values: Sequence[bytes]) -> PackedArray:
    """Return an array of elements of the type `oid`, each in its binary form."""
    parts = [_HEAD(1, 0, oid, len(values), 1)]
    for value in values:
        parts += _LENGTH(len(value)), value
    return PackedArray(b"".join(parts))


def register_packed_arrays(adapters: AdaptersMap) -> None:
    """Let a connection take packed arrays as parameters."""
    adapters.register_dumper(PackedArray, PackedArrayDumper)
