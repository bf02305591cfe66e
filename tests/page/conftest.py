"""One running Annals for all tests of the page; what needs Node or a browser is
collected where there is one."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.page.browser import chromium, errors
from tests.support.clients.chromium import CHROMIUM
from tests.support.processes.dev_process import DevProcess, data_folder, dev_process
from tests.support.servers.ports import free_port

NODE = shutil.which("node") and shutil.which("npm")
BROWSER = NODE and CHROMIUM  # axe-core comes with npm
collect_ignore_glob = ([] if NODE else ["test_model_*.py"]) + ([] if BROWSER else ["test_in_*.py"])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    there = [name for name, found in (("Node", NODE), ("Chromium", BROWSER)) if found]
    terminalreporter.write_line(f"The page is tested with {' and '.join(there) or 'neither'}")


@pytest.fixture(scope="session")
def tree() -> Iterator[DevProcess]:
    with (
        data_folder() as folder,
        dev_process(
            folder,
            port=free_port(),
            dev_processes="serve:1,project,schedule",
            webhook_allowed_networks="127.0.0.0/8",  # where the push service of a test is
        ) as running,
    ):
        yield running


@pytest.fixture(scope="session")
def address(tree: DevProcess) -> str:
    return tree.address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ends with each file: while it runs, no test in this process can run an event loop."""
    with chromium() as started:
        yield started


@pytest.fixture(autouse=True)
def no_errors() -> Iterator[None]:
    errors.clear()
    yield
    assert errors == []
