"""What needs Node or a browser is collected where there is one."""

import shutil

import pytest

from tests.support.clients.chromium import CHROMIUM

NODE = shutil.which("node") and shutil.which("npm")
BROWSER = NODE and CHROMIUM  # axe-core comes with npm
collect_ignore_glob = ([] if NODE else ["test_model_*.py"]) + ([] if BROWSER else ["test_in_*.py"])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    there = [name for name, found in (("Node", NODE), ("Chromium", BROWSER)) if found]
    terminalreporter.write_line(f"The page is tested with {' and '.join(there) or 'neither'}")
