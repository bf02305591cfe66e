"""All of Annals with one command: API and views beside the servers, as a new user meets it."""

import contextlib
import fcntl
import json
import os
import pty
import re
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL, SIGTERM

import httpx
import pytest

from tests.support.processes.dev_process import (
    ANNALS,
    DevProcess,
    data_folder,
    dev_process,
    environment,
)
from tests.support.servers.ports import free_port
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def tree() -> Iterator[DevProcess]:
    """One for all tests that do not end it."""
    with data_folder() as folder, dev_process(folder, port=free_port()) as tree:
        yield tree


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder for those that end, one after the other: only the first has to make a database."""
    with data_folder() as folder:
        yield folder


@pytest.fixture
def own_tree(home: Path) -> Iterator[DevProcess]:
    with dev_process(home, port=free_port()) as tree:
        yield tree


def test_the_line_it_prints_makes_a_task(tree: DevProcess) -> None:
    [line] = re.findall(r"Try +(curl .*?)\n\n", tree.log_text(), re.DOTALL)
    answer = subprocess.run(
        ["bash", "-c", line], capture_output=True, check=True, env=environment()
    ).stdout
    assert json.loads(answer)["title"] == "Water the plants"


def test_the_addresses_it_prints_answer(tree: DevProcess) -> None:
    [docs] = re.findall(r"Docs +(\S+)", tree.log_text())
    assert httpx.get(docs).status_code == 200
    assert httpx.get(tree.address + "/health/ready").status_code == 200


def test_a_killed_api_process_is_replaced_while_the_other_answers(tree: DevProcess) -> None:
    one, other = tree.serving()
    os.kill(one, SIGKILL)
    assert httpx.get(tree.address + "/health/ready").status_code == 200
    wait_until(lambda: other in tree.serving() and len(tree.serving()) == 2, tree.log_text)
    assert one not in tree.serving()
    wait_until(lambda: "process_restarting" in tree.log_text(), tree.log_text)


def test_a_killed_projector_is_replaced(tree: DevProcess) -> None:
    killed = tree.member("interfaces.cli project")
    os.kill(killed, SIGKILL)
    wait_until(lambda: tree.member("interfaces.cli project") not in {0, killed}, tree.log_text)


def test_the_death_of_api_processes_before_the_demo_account_logs_in_ends_nothing() -> None:
    """All of them die while they start, and again one that could answer the login."""
    with data_folder() as folder:
        number = free_port()
        ready = f"http://127.0.0.1:{number}/health/ready"
        tree = DevProcess(folder, port=number, dev_processes="serve:2,project")
        try:
            wait_until(lambda: len(tree.serving()) == 2, tree.log_text)
            first = tree.serving()
            for process in first:
                os.kill(process, SIGKILL)
            wait_until(lambda: answers(ready), tree.log_text)
            second = tree.serving()
            os.kill(second[0], SIGKILL)
            tree.wait_until_running()
            assert not {*first, second[0]} & {*tree.serving()}
            assert httpx.get(f"{tree.address}/api/v1/tasks", headers=demo(tree)).status_code == 200
        finally:
            tree.end(SIGTERM if tree.process.poll() is None else SIGKILL)


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def test_everything_ends_by_itself_with_a_client_still_connected(own_tree: DevProcess) -> None:
    with httpx.Client(base_url=own_tree.address) as client:
        assert client.get("/health/live").status_code == 200
        assert own_tree.end(SIGTERM) == 0
    assert not own_tree.killed_for_not_ending("serve")
    assert own_tree.members() == {}


def test_the_kill_of_the_supervisor_takes_every_process_along(own_tree: DevProcess) -> None:
    own_tree.end(SIGKILL)
    wait_until(lambda: not own_tree.members(), lambda: str(own_tree.members()))


def test_the_demo_account_its_tasks_and_the_key_for_web_push_outlive_a_restart(home: Path) -> None:
    number, few = free_port(), "serve:1,project"
    with dev_process(home, port=number, dev_processes=few) as tree:
        created = httpx.post(
            tree.address + "/api/v1/tasks", headers=demo(tree), json={"title": "Still here"}
        )
        assert created.status_code == 201
        account = httpx.get(tree.address + "/api/v1/auth/me", headers=demo(tree)).json()
        assert account["email_verified"] is True
        key = push_key(tree)
    with dev_process(home, port=number, dev_processes=few) as tree:
        found = httpx.get(f"{tree.address}/api/v1/tasks/{created.json()['id']}", headers=demo(tree))
        assert found.json()["title"] == "Still here"
        assert push_key(tree) == key


def test_two_run_side_by_side_and_know_nothing_of_each_other(
    tree: DevProcess, own_tree: DevProcess
) -> None:
    mine = httpx.post(tree.address + "/api/v1/tasks", headers=demo(tree), json={"title": "Mine"})
    task = f"/api/v1/tasks/{mine.json()['id']}"
    assert httpx.get(tree.address + task, headers=demo(tree)).status_code == 200
    assert httpx.get(own_tree.address + task, headers=demo(own_tree)).status_code == 404
    assert httpx.get(own_tree.address + task, headers=demo(tree)).status_code == 401


def test_a_person_at_a_terminal_sees_a_welcome_and_warnings_and_a_last_line() -> None:
    with data_folder() as folder, at_a_terminal(folder, port=free_port()) as terminal:
        terminal.wait_for("Annals runs.")
        welcome = terminal.text()
        assert welcome.count("\n") <= 16
        for name in ("API", "Docs", "Mail", "Kafka", "Log", "Demo", "Try"):
            assert f"  {name}" in welcome
        assert '"level"' not in welcome
        with (folder / "annals.log").open("ab") as log:
            log.write(b'{"level":"info","event":"quiet"}\n{"level":"warning","event":"loud"}\n')
        terminal.wait_for("loud")
        assert "quiet" not in terminal.text()
        assert '"level":"info"' in (folder / "annals.log").read_text()
        os.write(terminal.master, b"\x03")
        assert terminal.process.wait(timeout=30) == 0
        terminal.wait_for("Annals has stopped")
        assert "Traceback" not in terminal.text()
        assert "\x1b[1m" not in terminal.text()  # NO_COLOR


def test_with_verbose_a_terminal_shows_every_line() -> None:
    with (
        data_folder() as folder,
        at_a_terminal(folder, "--verbose", port=free_port(), dev_processes="project") as terminal,
    ):
        terminal.wait_for("Annals runs.")
        terminal.wait_for("subscription_started")
        assert not (folder / "annals.log").exists()


class Terminal:
    """`annals dev` at a terminal of its own, and what that shows."""

    def __init__(self, folder: Path, *words: str, **settings: str) -> None:
        self.master, slave = pty.openpty()
        os.set_blocking(self.master, False)
        self._shown = b""
        self.process = subprocess.Popen(
            [*ANNALS, "dev", "--data-dir", str(folder), *words],
            env=environment(**settings) | {"NO_COLOR": "1", "TERM": "xterm"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def text(self) -> str:
        with contextlib.suppress(OSError):  # nothing new, or the process has ended
            while more := os.read(self.master, 65536):
                self._shown += more
        return self._shown.decode()

    def wait_for(self, words: str) -> None:
        wait_until(lambda: words in self.text(), self.text)


@contextmanager
def at_a_terminal(folder: Path, *words: str, **settings: str) -> Iterator[Terminal]:
    terminal = Terminal(folder, *words, **settings)
    try:
        yield terminal
    finally:
        if terminal.process.poll() is None:
            terminal.process.terminate()
            terminal.process.wait(timeout=30)
        os.close(terminal.master)


def push_key(tree: DevProcess) -> str:
    """The key that browsers subscribe with."""
    found = httpx.get(tree.address + "/api/v1/me/push-subscriptions", headers=demo(tree))
    key: str = found.json()["public_key"]
    assert len(key) == 87
    return key


def demo(tree: DevProcess) -> dict[str, str]:
    """The headers of the demo account, logged in with the password printed last."""
    email, password = re.findall(r"Demo +(\S+)  (\S+)", tree.log_text())[-1]
    account = {"email": email, "password": password}
    answer = httpx.post(tree.address + "/api/v1/auth/login", json=account)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}
