"""All of Annals with one command: API and views beside the servers, as a new user meets it."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from signal import SIGKILL, SIGTERM

import httpx
import pytest

from tests.ports import free_port
from tests.tree import Tree, a_folder, started, until


@pytest.fixture
def tree() -> Iterator[Tree]:
    with a_folder() as folder, started(folder, port=free_port()) as tree:
        yield tree


def test_the_line_it_prints_makes_a_task(tree: Tree) -> None:
    [line] = re.findall(r"^curl .*?\n\n", tree.said(), re.MULTILINE | re.DOTALL)
    answer = subprocess.run(["bash", "-c", line], capture_output=True, check=True).stdout
    assert json.loads(answer)["title"] == "Water the plants"


def test_the_addresses_it_prints_answer(tree: Tree) -> None:
    [docs] = re.findall(r"Docs +(\S+)", tree.said())
    assert httpx.get(docs).status_code == 200
    assert httpx.get(api(tree) + "/health/ready").status_code == 200


def test_a_killed_api_process_is_replaced_while_the_other_answers(tree: Tree) -> None:
    one, other = serving(tree)
    os.kill(one, SIGKILL)
    assert httpx.get(api(tree) + "/health/ready").status_code == 200
    until(lambda: other in serving(tree) and len(serving(tree)) == 2, tree.said)
    assert one not in serving(tree)
    until(lambda: "process_restarting" in tree.said(), tree.said)


def test_a_killed_projector_is_replaced(tree: Tree) -> None:
    killed = tree.member("interfaces.cli project")
    os.kill(killed, SIGKILL)
    until(lambda: tree.member("interfaces.cli project") not in {0, killed}, tree.said)


def test_everything_ends_within_three_seconds_with_a_client_still_connected(tree: Tree) -> None:
    with httpx.Client(base_url=api(tree)) as client:
        assert client.get("/health/live").status_code == 200
        assert tree.end(SIGTERM) < 3
    assert tree.members() == {}


def test_the_kill_of_the_supervisor_takes_every_process_along(tree: Tree) -> None:
    tree.end(SIGKILL)
    until(lambda: not tree.members(), lambda: str(tree.members()), seconds=6)


def test_the_demo_account_its_tasks_and_the_key_for_web_push_outlive_a_restart() -> None:
    with a_folder() as folder:
        number = free_port()
        with started(folder, port=number) as tree:
            created = httpx.post(
                api(tree) + "/api/v1/tasks", headers=demo(tree), json={"title": "Still here"}
            )
            assert created.status_code == 201
            key = push_key(tree)
        with started(folder, port=number) as tree:
            found = httpx.get(
                f"{api(tree)}/api/v1/tasks/{created.json()['id']}", headers=demo(tree)
            )
            assert found.json()["title"] == "Still here"
            assert push_key(tree) == key


def test_two_run_side_by_side_and_know_nothing_of_each_other() -> None:
    with (
        a_folder() as one,
        a_folder() as other,
        started(one, port=free_port()) as here,
        started(other, port=free_port()) as there,
    ):
        mine = httpx.post(api(here) + "/api/v1/tasks", headers=demo(here), json={"title": "Mine"})
        task = f"/api/v1/tasks/{mine.json()['id']}"
        assert httpx.get(api(here) + task, headers=demo(here)).status_code == 200
        assert httpx.get(api(there) + task, headers=demo(there)).status_code == 404
        assert httpx.get(api(there) + task, headers=demo(here)).status_code == 401


def test_a_working_api_follows_the_first_line_within_seconds() -> None:
    with a_folder() as folder:
        tree = Tree(folder, port=free_port())
        until(tree.said)
        began = time.monotonic()
        tree.wait_until_running()
        assert time.monotonic() - began < 10  # 2.2 s on two cores with nothing else to do
        tree.end(SIGTERM)


def api(tree: Tree) -> str:
    [address] = re.findall(r"API +(\S+)/api/v1", tree.said())[-1:]
    return str(address)


def push_key(tree: Tree) -> str:
    """The key that browsers subscribe with."""
    found = httpx.get(api(tree) + "/api/v1/me/push-subscriptions", headers=demo(tree))
    key: str = found.json()["public_key"]
    assert len(key) == 87
    return key


def demo(tree: Tree) -> dict[str, str]:
    """The headers of the demo account, with the token printed last."""
    return {"Authorization": re.findall(r"Authorization: (Bearer \S+)'", tree.said())[-1]}


def serving(tree: Tree) -> list[int]:
    return sorted(pid for pid, line in tree.members().items() if "interfaces.cli serve" in line)
