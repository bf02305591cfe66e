"""What needs a browser is collected where there is one."""

import pytest

from tests.support.clients.chromium import CHROMIUM

collect_ignore = [] if CHROMIUM else ["test_live_with_chromium.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    there = "Chromium" if CHROMIUM else "no browser; for more: apt-get install chromium"
    terminalreporter.write_line(f"The browser client is tested with {there}")
