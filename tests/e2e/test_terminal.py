"""Tasks at a terminal: in words, by numbers, with exit codes and one sentence for each error."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import cli_process
from tests.support.processes.dev_process import ROOT, environment
from tests.support.processes.serve_processes import Serving, serving

PASSWORD = "correct horse battery"


class Terminal:
    """Somebody at a machine with a folder of their own."""

    def __init__(self, api: Serving, folder: Path) -> None:
        self._api = api
        self.folder = folder

    def run(self, *words: str, answers: Sequence[str] = (), **settings: str) -> Any:
        """Run a command of ours, and type the answers to its questions."""
        return subprocess.run(
            [sys.executable, "-m", "interfaces.cli", *words],
            input="".join(f"{answer}\n" for answer in answers),
            env=environment(**settings) | {"XDG_CONFIG_HOME": str(self.folder), "COLUMNS": "80"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @property
    def address(self) -> str:
        return self._api.address

    def said(self, *words: str, **settings: str) -> str:
        done = self.run(*words, **settings)
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout, "colour is for terminals"
        return str(done.stdout)

    def log_in(self) -> str:
        self._api.sign_in("ada@example.org")
        options = ("--url", self._api.address, "--email", "ada@example.org")
        done = self.run("login", *options, answers=[PASSWORD])
        assert done.returncode == 0, done.stderr
        return str(done.stdout)


@pytest.fixture
def terminal(database_url: str, tmp_path: Path) -> Iterator[Terminal]:
    with (
        serving(database_url, tmp_path) as api,
        cli_process.annals("project", database=database_url),
    ):
        yield Terminal(api, tmp_path / "home")


def test_a_day_at_the_terminal(terminal: Terminal) -> None:
    assert "Logged in at" in terminal.log_in()
    kept = terminal.folder / "annals" / "login.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in kept.read_text()
    added = terminal.said("add", "Call", "Bob", "today", "#work", "!high")
    assert added == "Added: Call Bob – today !high #work\n"
    terminal.said("add", "Water the plants every 3 days")
    terminal.said("add", "Read [red]a book[/red]")
    assert "Call Bob" in terminal.said("today")
    listed = terminal.said("find").splitlines()
    assert [line.split()[0] for line in listed] == ["1", "2", "3"]
    assert "Read [red]a book[/red]" in listed[0], "a title is no markup"
    assert terminal.said("done", "1", "2").startswith("Done: Read [red]a book[/red]\n")
    found = json.loads(terminal.said("find", "bob", "--json"))
    assert [task["title"] for task in found] == ["Call Bob"]
    assert terminal.said("done", "bob").startswith("Done: Call Bob")
    assert terminal.said("undo").startswith("Undid: ")
    assert terminal.said("done", "bob").startswith("Done: Call Bob")
    none = terminal.run("done", "bob")
    assert (none.returncode, none.stderr) == (1, 'Error: No open task matches "bob".\n')
    missing = terminal.run("done", "7")
    assert missing.returncode == 1
    assert "The last list has" in missing.stderr
    titleless = terminal.run("add", "tomorrow")
    assert (titleless.returncode, "Traceback" in titleless.stderr) == (1, False)
    token = json.loads(kept.read_text())["token"]
    assert terminal.said("today", url=terminal.address, token=token)
    assert terminal.said("logout") == f"Logged out of {terminal.address}.\n"
    revoked = terminal.run("today", url=terminal.address, token=token)
    assert revoked.returncode == 4, "the token of this machine is revoked"
    gone = terminal.run("today")
    assert gone.returncode == 4
    assert "You are not logged in." in gone.stderr
    refused = terminal.run("today", url="http://127.0.0.1:9", token="annals_pat_x")
    assert refused.returncode == 3
    assert "Annals does not answer at http://127.0.0.1:9" in refused.stderr


def test_a_wrong_password_and_a_wrong_token_are_one_sentence(terminal: Terminal) -> None:
    terminal.log_in()
    address = json.loads((terminal.folder / "annals" / "login.json").read_text())["url"]
    options = ("--url", address, "--email", "ada@example.org")
    wrong = terminal.run("login", *options, answers=["wrong password"])
    assert wrong.returncode == 1
    assert "Traceback" not in wrong.stderr
    refused = terminal.run("find", url=address, token="annals_pat_wrong")
    assert refused.returncode == 4
    assert "annals login" in refused.stderr
