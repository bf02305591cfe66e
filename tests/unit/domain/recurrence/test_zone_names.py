"""A zone is found by the name that Windows, Mozilla or a person gives it, or a hint is given."""

from importlib.resources import files

import pytest

from domain.errors import RuleRefused
from domain.recurrence.local_time import zone, zone_name
from domain.recurrence.windows_zones import WINDOWS_ZONES

KNOWN = files("tzdata").joinpath("zones").read_text("utf-8").split()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Europe/lisbon", "Europe/Lisbon"),
        ("utc", "UTC"),
        ("America/New York", "America/New_York"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("eastern  standard time", "America/New_York"),
        ("/mozilla.org/20050126_1/Europe/Berlin", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/America/Argentina/Salta", "America/Argentina/Salta"),
        ("/citadel.org/20210210_1/Asia/Tokyo", "Asia/Tokyo"),
    ],
)
def test_a_zone_has_its_iana_name(written: str, expected: str) -> None:
    assert zone_name(written) == expected
    assert zone(written).key == expected


def test_every_zone_of_windows_is_one_of_iana() -> None:
    assert len(WINDOWS_ZONES) > 130
    for name in WINDOWS_ZONES:
        assert zone_name(name) in KNOWN


def test_a_name_in_any_case_is_one_zone() -> None:
    for name in KNOWN:
        assert zone_name(name.upper()) == zone_name(name.lower()) == zone_name(name) == name


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("Lisbon", "Did you mean Europe/Lisbon?"),
        ("Europe/Berln", "Did you mean Europe/Berlin?"),
        ("/mozilla.org/20050126_1/Mars/Olympus", "Use an IANA name such as Europe/Berlin."),
        ("x" * 10_000, "Use an IANA name such as Europe/Berlin."),
    ],
)
def test_an_unknown_zone_is_refused_with_a_hint(written: str, hint: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        zone_name(written)
    assert str(refused.value).endswith(hint)
    assert len(str(refused.value)) < 200
