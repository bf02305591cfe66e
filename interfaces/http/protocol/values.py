"""Types of fields and parameters that several routes share, bounded before they are parsed."""

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias

from litestar.params import QueryParameter
from msgspec import Meta

LARGEST = 2**63 - 1  # a bigint, as log positions are

_DIGITS = len(str(LARGEST))

Moment: TypeAlias = Annotated[
    datetime, Meta(tz=True, description="A date and time with its offset, such as …T18:00:00+02:00")
]
Day: TypeAlias = Annotated[date, Meta(description="A date, such as 2030-01-31")]
Zone: TypeAlias = Annotated[
    str,
    Meta(
        max_length=100,
        description="An IANA time zone, such as Europe/Berlin; names of Windows and Mozilla"
        " zones are understood",
    ),
]
# In which texts are read and written.
Language: TypeAlias = Literal["en", "de"]
OfText: TypeAlias = Annotated[Language, QueryParameter(description="Language of `text`")]


def whole_number(text: str, *, largest: int = LARGEST) -> int | None:
    """Return the number that decimal digits write, from 0 to `largest`; None for other texts.

    Leading zeros count for nothing. Python itself fails on more than 4,300 digits.
    """
    if not (text.isascii() and text.isdecimal()):
        return None
    if len(text) > _DIGITS and len(text := text.lstrip("0")) > _DIGITS:
        return None
    number = int(text or "0")
    return number if number <= largest else None
