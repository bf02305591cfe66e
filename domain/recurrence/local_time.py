"""Converts between wall time and instants, by the zones of the `tzdata` package.

The host's own copy of the zones is never read: replicas on different hosts must agree.
"""

from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from zoneinfo import ZoneInfo

from domain.errors import RuleRefused
from domain.recurrence.windows_zones import WINDOWS_ZONES

ZONES_VERSION = version("tzdata")
"""Which edition of the zones is at work, such as 2026.6: worth keeping with what it produced."""

_KNOWN = frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())
_BY_ANY_NAME = {name.casefold(): name for name in (*WINDOWS_ZONES, *_KNOWN)}
_CITIES = {name.rpartition("/")[2].casefold(): name for name in sorted(_KNOWN, reverse=True)}


def zone_name(name: str) -> str:
    """Return the IANA name of a time zone, such as Europe/Berlin.

    Accepts IANA names in any case, the names that Windows and Outlook use ("W. Europe Standard
    Time"), and those of Mozilla and libical calendars ("/mozilla.org/20050126_1/Europe/Berlin").

    Raises:
        RuleRefused: there is no such zone; the message names a similar one, if there is any.
    """
    if name in _KNOWN:
        return name
    written = " ".join(name[:200].split()).casefold()
    if found := _BY_ANY_NAME.get(written) or _BY_ANY_NAME.get(written.replace(" ", "_")):
        return found if found in _KNOWN else WINDOWS_ZONES[found]
    if written.startswith("/"):
        # The prefix is an origin and an edition; the IANA name has one to three parts.
        parts = written.strip("/").split("/")
        for start in range(max(1, len(parts) - 3), len(parts)):
            if (found := _BY_ANY_NAME.get("/".join(parts[start:]))) in _KNOWN:
                return found
    raise RuleRefused("timezone", f"There is no time zone {name[:60]!r}.{_hint(written)}")


def zone(name: str) -> ZoneInfo:
    """Return the zone of a name that `zone_name` accepts.

    Raises:
        RuleRefused: there is no such zone.
    """
    return _load(zone_name(name))


def _hint(written: str) -> str:
    city = written.rpartition("/")[2].replace(" ", "_")
    if meant := _CITIES.get(city):
        return f" Did you mean {meant}?"
    similar = get_close_matches(written[:60], _BY_ANY_NAME, n=1, cutoff=0.75)
    if not similar:
        return " Use an IANA name such as Europe/Berlin."
    return f" Did you mean {_BY_ANY_NAME[similar[0]]}?"


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


def local_text(instant: datetime, timezone: str) -> str:
    """Return the moment as people in the zone read it, with the name of the zone."""
    return f"{wall_clock(instant, zone(timezone)):%Y-%m-%d %H:%M} ({timezone})"
