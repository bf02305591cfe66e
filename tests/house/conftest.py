"""Which tools the tests of the house have here; what needs one that is missing is not collected."""

import pytest

from tests.house.tools import PACKAGES, find

NEEDS = {
    "actionlint": "test_pipeline_with_actionlint.py",
    "helm": "test_chart_with_helm.py",
    "promtool": "test_alerts_with_promtool.py",
}
MISSING = [name for name in sorted(PACKAGES) if find(name) is None]

collect_ignore = [NEEDS[name] for name in MISSING]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    there = ", ".join(name for name in sorted(PACKAGES) if name not in MISSING) or "no tools"
    how = f"; for more: python -m tests.house.tools {' '.join(MISSING)}" if MISSING else ""
    terminalreporter.write_line(f"Chart and pipeline are tested with {there}{how}")
