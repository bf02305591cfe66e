"""A minute of kills, stops, cuts and rebuilds: nothing acknowledged is lost, nothing doubled."""

from pathlib import Path

import pytest

from tests.history.run import Chaos
from tests.support.seed import SEED

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(280)]

SECONDS = 35  # of faults; to start, settle and judge takes the rest of the minute


async def test_a_minute_of_faults_leaves_no_violation(tmp_path: Path) -> None:
    report = await Chaos(SECONDS, SEED, tmp_path).run()
    print(report)  # noqa: T201 - with its seed and what was done, for whoever reads the log
    assert report.violations == [], str(report)
