"""Which tests a process runs, and in which order, so that all processes end at the same time."""

from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

PAGE = "tests/page/test_in_"  # one `annals dev` serves all of these files
FIRST = (PAGE, "tests/e2e/")  # these take longest, and wait more than they compute


class FilesTogether(LoadFileScheduling):  # type: ignore[misc]
    """Gives each process whole files, and all tests of the page in Chromium to a single process."""

    def _split_scope(self, nodeid: str) -> str:
        return PAGE if nodeid.startswith(PAGE) else str(super()._split_scope(nodeid))


def longest_first(tests: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the tests in the order in which they are given out."""
    return sorted(tests, key=lambda test: _place(test.nodeid))


def _place(nodeid: str) -> int:
    places = (place for place, folder in enumerate(FIRST) if nodeid.startswith(folder))
    return next(places, len(FIRST))
