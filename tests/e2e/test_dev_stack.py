"""All of Annals with one command: API and views beside the servers, as a new user meets it."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from signal import SIGKILL, SIGTERM

import httpx
import pytest

from tests.support.processes.dev_process import DevProcess, data_folder, dev_process
from tests.support.servers.ports import free_port
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def tree() -> Iterator[DevProcess]:
    """One for all tests that do not end it."""
    with data_folder() as folder, dev_process(folder, port=free_port()) as tree:
        yield tree


@pytest.fixture
def own_tree() -> Iterator[DevProcess]:
    with data_folder() as folder, dev_process(folder, port=free_port()) as tree:
        yield tree


def test_the_line_it_prints_makes_a_task(tree: DevProcess) -> None:
    [line] = re.findall(r"^curl .*?\n\n", tree.log_text(), re.MULTILINE | re.DOTALL)
    answer = subprocess.run(["bash", "-c", line], capture_output=True, check=True).stdout
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


def test_everything_ends_by_itself_with_a_client_still_connected(own_tree: DevProcess) -> None:
    with httpx.Client(base_url=own_tree.address) as client:
        assert client.get("/health/live").status_code == 200
        assert own_tree.end(SIGTERM) == 0
    assert not own_tree.killed_for_not_ending("serve")
    assert own_tree.members() == {}


def test_the_kill_of_the_supervisor_takes_every_process_along(own_tree: DevProcess) -> None:
    own_tree.end(SIGKILL)
    wait_until(lambda: not own_tree.members(), lambda: str(own_tree.members()))


def test_the_demo_account_its_tasks_and_the_key_for_web_push_outlive_a_restart() -> None:
    with data_folder() as folder:
        number = free_port()
        with dev_process(folder, port=number) as tree:
            created = httpx.post(
                tree.address + "/api/v1/tasks", headers=demo(tree), json={"title": "Still here"}
            )
            assert created.status_code == 201
            key = push_key(tree)
        with dev_process(folder, port=number) as tree:
            found = httpx.get(
                f"{tree.address}/api/v1/tasks/{created.json()['id']}", headers=demo(tree)
            )
            assert found.json()["title"] == "Still here"
            assert push_key(tree) == key


def test_two_run_side_by_side_and_know_nothing_of_each_other() -> None:
    with (
        data_folder() as one,
        data_folder() as other,
        dev_process(one, port=free_port()) as here,
        dev_process(other, port=free_port()) as there,
    ):
        mine = httpx.post(
            here.address + "/api/v1/tasks", headers=demo(here), json={"title": "Mine"}
        )
        task = f"/api/v1/tasks/{mine.json()['id']}"
        assert httpx.get(here.address + task, headers=demo(here)).status_code == 200
        assert httpx.get(there.address + task, headers=demo(there)).status_code == 404
        assert httpx.get(there.address + task, headers=demo(here)).status_code == 401


def push_key(tree: DevProcess) -> str:
    """The key that browsers subscribe with."""
    found = httpx.get(tree.address + "/api/v1/me/push-subscriptions", headers=demo(tree))
    key: str = found.json()["public_key"]
    assert len(key) == 87
    return key


def demo(tree: DevProcess) -> dict[str, str]:
    """The headers of the demo account, with the token printed last."""
    return {"Authorization": re.findall(r"Authorization: (Bearer \S+)'", tree.log_text())[-1]}
