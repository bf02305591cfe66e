"""The cases of tests/cases come out right: the examples of RFC 5545, and kinds of rules on which
calendar libraries agree."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from domain.errors import RuleRefused
from domain.recurrence.local_time import resolve, zone
from domain.recurrence.recurrence import occurrences, parse_rule
from domain.recurrence.writing import write_rule
from tests.oracle import agreed_cases

FOLDER = Path(__file__).parents[3] / "cases"
CASES: list[dict[str, Any]] = [
    case
    for name in ("recurrence.json", "recurrence_agreed.json")
    for case in json.loads((FOLDER / name).read_text("utf-8"))["cases"]
]


def test_the_agreed_cases_are_those_that_the_oracle_writes() -> None:
    """But for the opinions of libraries that are asked only when the table is written."""
    kept = json.loads(agreed_cases.FILE.read_text("utf-8"))["cases"]
    agree = {case["name"]: case.pop("agree") for case in kept}
    assert kept == agreed_cases.cases()
    few = {name for name, libraries in agree.items() if len(libraries) < agreed_cases.FEWEST}
    assert few == agreed_cases.EXCEPTIONS.keys()


def named(cases: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case["name"])


def instants(case: dict[str, Any], rrule: str) -> list[str]:
    start, excluded = datetime.fromisoformat(case["dtstart"]), case.get("exdates", [])
    recurrence = parse_rule(rrule, start, case["timezone"], excluded)
    # One more than expected, to see that what should end does.
    limit = len(case["expect"]) + (not case.get("endless", False))
    where = zone(case["timezone"])
    return [
        f"{resolve(at, where):%Y-%m-%dT%H:%M:%SZ}" for at in occurrences(recurrence, limit=limit)
    ]


@named([case for case in CASES if "expect" in case])
def test_a_rule_falls_on_the_instants_expected(case: dict[str, Any]) -> None:
    assert instants(case, case["rrule"]) == case["expect"]


@named([case for case in CASES if "expect" in case])
def test_a_rule_written_out_and_read_again_is_the_same(case: dict[str, Any]) -> None:
    start, excluded = datetime.fromisoformat(case["dtstart"]), case.get("exdates", [])
    recurrence = parse_rule(case["rrule"], start, case["timezone"], excluded)
    again = parse_rule(write_rule(recurrence), start, case["timezone"], recurrence.excluded)
    assert again == recurrence


@named([case for case in CASES if case.get("refuse")])
def test_a_rule_no_one_could_keep_is_refused_by_the_part_at_fault(case: dict[str, Any]) -> None:
    with pytest.raises(RuleRefused) as refused:
        parse_rule(case["rrule"], datetime.fromisoformat(case["dtstart"]), case["timezone"])
    assert refused.value.part == refused.value.field == case.get("part", refused.value.part)
