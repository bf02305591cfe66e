"""What a clock on the wall means as an instant, by the zones of the `tzdata` package.

The host's own copy of the zones is never read: replicas on different hosts must agree.
"""

from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from zoneinfo import ZoneInfo

from domain.errors import RuleRefused

ZONES_VERSION = version("tzdata")
"""Which edition of the zones is at work, such as 2026.6: worth keeping with what it produced."""

_KNOWN = frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


def zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name such as Europe/Berlin.

    Raises:
        RuleRefused: there is no such zone.
    """
    if name not in _KNOWN:
        raise RuleRefused("timezone", f"There is no time zone {name[:60]!r}.")
    return _load(name)


@cache
def _load(name: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def resolve(local: datetime, timezone: ZoneInfo) -> datetime:
    """Return the UTC instant at which clocks in the zone show `local`.

    A time that clocks skip moves forward by what they skip; of a time they show twice, the
    first is meant (RFC 5545, section 3.3.5). That is what fold=0 stands for in PEP 495.
    """
    return local.replace(tzinfo=timezone, fold=0).astimezone(UTC)


def wall_clock(instant: datetime, timezone: ZoneInfo) -> datetime:
    """Return what clocks in the zone show at an instant, as a naive date-time."""
    return instant.astimezone(timezone).replace(tzinfo=None, fold=0)
