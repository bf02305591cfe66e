"""`annals smoke URL`: a visitor that leaves content, and one that says what is broken."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes.dev_process import annals, data_folder, dev_process
from tests.support.processes.serve_processes import Serving, serving
from tests.support.servers.ports import free_port

STEPS = [
    "ready",
    "register",
    "login",
    "listen",
    "create",
    "search",
    "complete",
    "audit",
    "receive",
    "remind",
    "leave",
]


@pytest.fixture
def api(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Serving]:
    with serving(database_url, tmp_path, redis_url=redis_url) as running:
        yield running


def test_a_whole_annals_passes_every_step_and_complains_of_nothing() -> None:
    port, processes = free_port(), "serve,project,schedule,work"
    with data_folder() as folder, dev_process(folder, port=port, dev_processes=processes) as tree:
        visit = annals("smoke", f"http://127.0.0.1:{port}")
        assert not re.findall(r'.*"level":"(?:warning|error)".*', tree.log_text())
    assert visit.returncode == 0, visit.stderr
    steps = re.findall(r"^ok +(\w+) +\d+ ms  \w", visit.stdout, re.MULTILINE)
    assert steps == STEPS
    assert "the API has no" not in visit.stdout


def test_views_that_stand_still_fail_it_at_the_search(api: Serving) -> None:
    visit = annals("smoke", api.address)
    assert visit.returncode == 1
    assert "FAILED  search" in visit.stderr
    assert "504" in visit.stderr
    assert "complete" not in visit.stdout


def test_an_address_where_nothing_listens_fails_it_at_once() -> None:
    visit = annals("smoke", "http://127.0.0.1:9", "--patience", "0.1")
    assert visit.returncode == 1
    assert visit.stderr.startswith("FAILED  ready")


def test_what_is_no_address_is_refused_in_one_sentence() -> None:
    visit = annals("smoke", "annals.example")
    assert visit.returncode == 2
    assert "must be an address such as" in visit.stderr
