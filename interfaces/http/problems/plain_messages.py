"""Messages of msgspec about a value, with descriptions in place of regular expressions."""

import re
from collections.abc import Mapping
from typing import get_args

import msgspec

from domain.vocabulary import Description, Email, Name, Tag, Title

# A pattern is for machines; its description says the same to people.
DESCRIPTIONS: Mapping[str, str] = {
    repr(meta.pattern): meta.description
    for kind in (Title, Description, Tag, Email, Name)
    for meta in get_args(kind)
    if isinstance(meta, msgspec.Meta) and meta.pattern and meta.description
}
MISMATCH = re.compile(r"Expected `str` matching regex (?P<pattern>'.*')")


def in_words(message: str) -> str:
    """Return a message of msgspec without regular expressions."""
    found = MISMATCH.search(message)
    described = DESCRIPTIONS.get(found["pattern"]) if found else None
    return f"Expected {described[0].lower()}{described[1:]}" if described else message
