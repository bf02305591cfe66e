"""Types of body fields that several routes share."""

from datetime import datetime
from typing import Annotated, TypeAlias

from msgspec import Meta

Moment: TypeAlias = Annotated[
    datetime, Meta(tz=True, description="A date and time with its offset, such as …T18:00:00+02:00")
]
Zone: TypeAlias = Annotated[
    str,
    Meta(
        max_length=100,
        description="An IANA time zone, such as Europe/Berlin; names of Windows and Mozilla"
        " zones are understood",
    ),
]
