"""Opaque cursors: the sort values of the last row of a page, for the next page to go on from."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import msgspec

MAX_PAGE = 200  # rows


class BadCursor(ValueError):
    """The cursor is damaged, or belongs to another search."""

    def __init__(self) -> None:
        super().__init__("This cursor does not belong to this search; start without a cursor.")


def write_cursor(search: bytes, last: Sequence[Any]) -> str:
    """Return a cursor that only the same `search` will accept."""
    content = msgspec.json.encode([_digest(search), *last])
    return urlsafe_b64encode(content).decode().rstrip("=")


def read_cursor(cursor: str, search: bytes, types: Sequence[Any]) -> list[Any]:
    """Return the values of the last row, one for each of `types`.

    Raises:
        BadCursor: `cursor` was not written for this search.
    """
    try:
        content = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        digest, *last = msgspec.json.decode(content, type=list[Any])
        if digest != _digest(search):
            raise BadCursor
        return [msgspec.convert(value, kind) for value, kind in zip(last, types, strict=True)]
    except (binascii.Error, msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadCursor from error


def _digest(search: bytes) -> str:
    return blake2b(search, digest_size=8).hexdigest()
