"""Writes tests/cases/recurrence_agreed.json: `python -m tests.oracle.agreed_cases FOLDER`.

Kinds of rules on which calendar libraries agree, each with cases of our own. python-dateutil says
what is right; where it departs from RFC 5545 the expectation is written here, with the reason. The
libraries of `others/` are asked as well, in FOLDER (see README.md): each case names those that
agree with it.
"""

# ruff: noqa: T201 — it is a script and prints what it found

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule as rrule_of_dateutil
from dateutil.rrule import rruleset, rrulestr
from dateutil.tz import resolve_imaginary

FILE = Path(__file__).parents[1] / "cases" / "recurrence_agreed.json"
MOST = 8
DATEUTIL = f"python-dateutil {version('python-dateutil')}"
TIMEOUT_SECONDS = 20  # of a library for one case
FEWEST = 3  # libraries that must agree, of all that are asked
NEW_YORK, BERLIN, LORD_HOWE = "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"

# Of each kind: a rule, its start, and if need be its zone and its excluded wall times.
Case = tuple[str, str] | tuple[str, str, str] | tuple[str, str, str, list[str]]
KINDS: dict[str, list[Case]] = {
    "an interval of days, weeks, months and years": [
        ("FREQ=DAILY;INTERVAL=10", "2027-02-20T07:15:00"),
        ("FREQ=WEEKLY;INTERVAL=3", "2027-12-20T07:15:00"),
        ("FREQ=MONTHLY;INTERVAL=18", "2027-05-31T07:15:00"),
        ("FREQ=YEARLY;INTERVAL=7", "2027-05-31T07:15:00"),
    ],
    "COUNT": [
        ("FREQ=WEEKLY;BYDAY=MO,TH;COUNT=5", "2027-03-03T12:00:00"),
        ("FREQ=YEARLY;COUNT=1", "2027-03-03T12:00:00"),
    ],
    "COUNT spends excluded dates": [
        ("FREQ=DAILY;COUNT=5", "2027-03-03T12:00:00", "UTC", ["2027-03-04T12:00:00"]),
        ("FREQ=DAILY;COUNT=3", "2027-03-03T12:00:00", "UTC", ["2027-03-03T12:00:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=4", "2027-01-31T12:00:00", BERLIN,
         ["2027-05-31T12:00:00"]),
    ],
    "an UNTIL in UTC is an instant": [
        ("FREQ=DAILY;UNTIL=20270316T130000Z", "2027-03-12T09:00:00", NEW_YORK),
        ("FREQ=DAILY;UNTIL=20270316T125959Z", "2027-03-12T09:00:00", NEW_YORK),
        ("FREQ=DAILY;UNTIL=20271101T000000Z", "2027-10-29T01:00:00", BERLIN),
    ],
    "an UNTIL without a zone is a wall time": [
        ("FREQ=DAILY;UNTIL=20270316T090000", "2027-03-12T09:00:00", NEW_YORK),
        ("FREQ=DAILY;UNTIL=20270316T085959", "2027-03-12T09:00:00", NEW_YORK),
    ],
    "negative days of the month": [
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2027-01-31T18:00:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=-31", "2027-01-01T18:00:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,-2", "2028-02-01T18:00:00"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "2027-02-28T18:00:00"),
        ("FREQ=DAILY;BYMONTHDAY=-1,-2", "2027-02-27T18:00:00"),
    ],
    "days that some months lack": [
        ("FREQ=MONTHLY;BYMONTHDAY=30,31", "2027-01-30T18:00:00"),
        ("FREQ=MONTHLY", "2027-08-31T18:00:00"),
    ],
    "leap days": [
        ("FREQ=YEARLY", "2028-02-29T09:30:00"),
        ("FREQ=YEARLY;INTERVAL=3", "2028-02-29T09:30:00"),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=29", "2027-01-01T09:30:00"),
        ("FREQ=YEARLY;BYYEARDAY=366", "2027-01-01T09:30:00"),
        ("FREQ=YEARLY;BYYEARDAY=-366", "2027-01-01T09:30:00"),
        ("FREQ=YEARLY;UNTIL=21090101", "2096-02-29T09:30:00"),
    ],
    "days of the year": [
        ("FREQ=YEARLY;BYYEARDAY=60,-1", "2027-01-01T06:00:00"),
        ("FREQ=YEARLY;INTERVAL=2;BYYEARDAY=100", "2027-01-01T06:00:00"),
    ],
    "numbered weekdays of a month": [
        ("FREQ=MONTHLY;BYDAY=2TU", "2027-01-12T20:00:00"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2027-01-29T20:00:00"),
        ("FREQ=MONTHLY;BYDAY=5SA", "2027-01-30T20:00:00"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1SU", "2027-01-03T20:00:00"),
    ],
    "numbered weekdays of a year": [
        ("FREQ=YEARLY;BYDAY=20MO", "2027-01-01T20:00:00"),
        ("FREQ=YEARLY;BYDAY=-1SU", "2027-01-01T20:00:00"),
        ("FREQ=YEARLY;BYDAY=53FR", "2027-01-01T20:00:00"),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=2SU", "2027-05-09T20:00:00"),
        ("FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU", "2027-03-28T20:00:00"),
    ],
    "a date that is a weekday": [
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", "2027-01-01T00:00:00"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24,25;BYDAY=SA,SU", "2027-01-01T00:00:00"),
    ],
    "days of a month without a month, in a year": [
        ("FREQ=YEARLY;BYMONTHDAY=15", "2027-01-15T00:00:00"),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTHDAY=31", "2027-01-31T00:00:00"),
        ("FREQ=YEARLY;BYDAY=TU", "2027-01-05T00:00:00"),
        ("FREQ=YEARLY;BYMONTH=6", "2027-06-10T00:00:00"),
    ],
    "weeks that begin on another day": [
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU", "2027-01-03T10:00:00"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=MO", "2027-01-03T10:00:00"),
        ("FREQ=WEEKLY;INTERVAL=4;BYDAY=WE,SA;WKST=TH", "2027-01-02T10:00:00"),
    ],
    "numbered weeks": [
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "2027-01-01T10:00:00"),
        ("FREQ=YEARLY;BYWEEKNO=10,30;BYDAY=WE,FR", "2027-01-01T10:00:00"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=SU;WKST=SU", "2027-01-01T10:00:00"),
        ("FREQ=YEARLY;BYWEEKNO=-10;BYDAY=MO", "2027-01-01T10:00:00"),
    ],
    "positions in a month or a year": [
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2027-01-29T17:00:00"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1", "2027-01-01T17:00:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "2027-01-30T17:00:00"),
        ("FREQ=YEARLY;BYMONTH=1,6;BYDAY=MO;BYSETPOS=1", "2027-01-04T17:00:00"),
        ("FREQ=YEARLY;BYDAY=SA,SU;BYSETPOS=-1", "2027-01-02T17:00:00"),
        ("FREQ=DAILY;BYHOUR=8,12,20;BYSETPOS=-1", "2027-01-02T08:00:00"),
    ],
    "several times a day": [
        ("FREQ=DAILY;BYHOUR=6,18", "2027-01-02T08:00:00"),
        ("FREQ=WEEKLY;BYDAY=MO;BYHOUR=9,10;BYMINUTE=0,30", "2027-01-04T09:30:00"),
    ],
    "months that limit": [
        ("FREQ=DAILY;BYMONTH=1;BYDAY=SU", "2027-01-24T08:00:00"),
        ("FREQ=WEEKLY;BYMONTH=3;BYDAY=MO", "2027-03-22T08:00:00"),
        ("FREQ=MONTHLY;BYMONTH=2,11;BYMONTHDAY=30", "2027-01-01T08:00:00"),
    ],
    "a gap of the clocks moves the time forward": [
        ("FREQ=DAILY;COUNT=3", "2027-03-13T02:30:00", NEW_YORK),
        ("FREQ=DAILY;COUNT=3", "2027-03-27T02:00:00", BERLIN),
        ("FREQ=DAILY;COUNT=3", "2027-10-02T02:15:00", LORD_HOWE),
    ],
    "of a time that comes twice the first is meant": [
        ("FREQ=DAILY;COUNT=3", "2027-11-06T01:30:00", NEW_YORK),
        ("FREQ=WEEKLY;COUNT=3", "2027-10-24T02:30:00", BERLIN),
    ],
    "the wall time stays when clocks change": [
        ("FREQ=MONTHLY;COUNT=6", "2027-01-15T09:00:00", NEW_YORK),
        ("FREQ=WEEKLY;INTERVAL=26;COUNT=4", "2027-01-15T09:00:00", BERLIN),
    ],
}  # fmt: skip

# dateutil departs from RFC 5545: the wall times expected instead, and why.
EXCEPTIONS: dict[str, tuple[str, str, list[str]]] = {
    "plain and numbered weekdays add up (dateutil wants both at once)": (
        "FREQ=MONTHLY;BYDAY=1MO,FR",
        "2027-06-01T09:00:00",
        ["2027-06-04", "2027-06-07", "2027-06-11", "2027-06-18", "2027-06-25", "2027-07-02"],
    ),
    "positions count in the whole week (dateutil's first week begins at the start)": (
        "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1",
        "2027-06-02T09:00:00",
        ["2027-06-07", "2027-06-14", "2027-06-21"],
    ),
    "a numbered week alone keeps the weekday of the start (dateutil takes all seven days)": (
        "FREQ=YEARLY;BYWEEKNO=20",
        "2027-01-01T09:00:00",
        ["2027-05-21", "2028-05-19", "2029-05-18"],
    ),
    "a numbered week belongs whole to its year (dateutil splits it at New Year)": (
        "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=MO,SU",
        "2024-12-30T09:00:00",
        ["2024-12-30", "2025-01-05", "2027-01-04", "2027-01-10", "2029-01-01"],
    ),
}


def in_wall_time(rrule: str, timezone: str) -> str:
    """Return the rule with an UNTIL in wall time, in which all libraries count here."""
    name, _, until = rrule.partition("UNTIL=")
    if until.endswith("Z"):
        instant = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return f"{name}UNTIL={instant.astimezone(ZoneInfo(timezone)):%Y%m%dT%H%M%S}"
    return f"{rrule}T235959" if until and "T" not in until else rrule


def by_dateutil(rrule: str, start: datetime, timezone: str, excluded: list[str]) -> list[str]:
    """Return the first instants of a rule, one more than `MOST` if there are so many."""
    rules = rruleset()
    rule = rrulestr(f"RRULE:{in_wall_time(rrule, timezone)}", dtstart=start)
    assert isinstance(rule, rrule_of_dateutil)
    rules.rrule(rule)
    for text in excluded:
        rules.exdate(datetime.fromisoformat(text))
    return [_instant(at, timezone) for at in islice(rules, MOST + 1)]


def cases() -> list[dict[str, Any]]:
    found = []
    for kind, rules in KINDS.items():
        for number, (rrule, dtstart, *more) in enumerate(rules, start=1):
            timezone = str(more[0]) if more else "UTC"
            excluded = list(more[1]) if len(more) > 1 else []
            expect = by_dateutil(rrule, datetime.fromisoformat(dtstart), timezone, excluded)
            case = _case(f"{kind} {number}", rrule, dtstart, timezone, expect)
            found.append(case | ({"exdates": excluded} if excluded else {}))
    for name, (rrule, dtstart, days) in EXCEPTIONS.items():
        expect = [f"{day}T{dtstart[11:]}Z" for day in days]
        found.append(_case(name, rrule, dtstart, "UTC", expect) | {"endless": True})
    return found


def _case(name: str, rrule: str, dtstart: str, timezone: str, expect: list[str]) -> dict[str, Any]:
    assert expect, name
    case = {
        "name": name,
        "dtstart": dtstart,
        "timezone": timezone,
        "rrule": rrule,
        "expect": expect[:MOST],
    }
    return case | ({"endless": True} if len(expect) > MOST else {})


def _instant(wall: datetime, timezone: str) -> str:
    instant = resolve_imaginary(wall.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def commands(folder: Path) -> Mapping[str, Sequence[str]]:
    """Return how each library of `others/` is asked, by its name and version."""
    packages = json.loads((folder / "package.json").read_text("utf-8"))["dependencies"]
    asked: dict[str, Sequence[str]] = {
        f"{name} {packages[package]}": ("node", str(folder / "opinion.mjs"), name)
        for name, package in (
            ("rrule.js", "rrule"),
            ("ical.js", "ical.js"),
            ("rrule-temporal", "rrule-temporal"),
        )
    }
    rust = folder / "rust"
    [crate] = re.findall(
        r'^rrule = "=(.+)"$', (rust / "Cargo.toml").read_text("utf-8"), re.MULTILINE
    )
    return asked | {f"rust-rrule {crate}": (str(rust / "target/release/opinion"),)}


def agrees(case: Mapping[str, Any], command: Sequence[str]) -> bool:
    """Return whether a library has the same instants; one that does not come to an end has not."""
    question = {
        "rule": in_wall_time(case["rrule"], case["timezone"]),
        "start": case["dtstart"],
        "excluded": case.get("exdates", []),
        "most": len(case["expect"]) + (not case.get("endless", False)),
    }
    try:
        done = subprocess.run(
            command,
            input=json.dumps([question]),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return False
    [walls] = json.loads(done.stdout)
    return walls is not None and case["expect"] == [
        _instant(datetime.fromisoformat(wall), case["timezone"]) for wall in walls
    ]


def main(folder: Path) -> None:
    found = cases()
    agree = [[] if case["name"] in EXCEPTIONS else [DATEUTIL] for case in found]
    asked = commands(folder)
    for name, command in asked.items():
        for case, libraries in zip(found, agree, strict=True):
            libraries += [name] if agrees(case, command) else []
    counts = {name: sum(name in some for some in agree) for name in (DATEUTIL, *asked)}
    for case, libraries in zip(found, agree, strict=True):
        if len(libraries) < len(counts):
            print(f"{case['name']}: only {', '.join(libraries)}")
        case["agree"] = [library.split(" ")[0] for library in libraries]
    about = (
        "Generated by tests/oracle/agreed_cases.py; the form is that of recurrence.json. `agree`"
        f" names the libraries with the same instants, of {len(found)} cases: "
        + ", ".join(f"{name} in {count}" for name, count in counts.items())
    )
    lines = ",\n".join(f"    {json.dumps(case)}" for case in found)
    FILE.write_text(
        f'{{\n  "about": {json.dumps(about)},\n  "cases": [\n{lines}\n  ]\n}}\n', "utf-8"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
