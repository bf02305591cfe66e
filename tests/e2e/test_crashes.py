"""What was acknowledged is on disk, whatever is killed, and one thing happens once."""

import asyncio
import json
import os
import subprocess
from collections.abc import Awaitable, Iterator, Sequence
from functools import partial
from pathlib import Path
from signal import SIGKILL
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from tests.support.clients.api_client import ApiClient, api_client
from tests.support.processes.dev_process import (
    ANNALS,
    DevProcess,
    data_folder,
    dev_process,
    environment,
)
from tests.support.servers.ports import free_port
from tests.support.waiting import until, wait_until

pytestmark = pytest.mark.anyio

CLIENTS = 8


@pytest.fixture(scope="module")
def tree() -> Iterator[DevProcess]:
    with (
        data_folder() as folder,
        dev_process(folder, port=free_port(), log_level="warning") as tree,
    ):
        yield tree


def recorded(tree: DevProcess) -> set[str]:
    with psycopg.connect(tree.database_url) as connection:
        rows = connection.execute(
            "SELECT originator_id FROM stored_events WHERE topic = 'task.created'"
        )
        return {str(stream) for (stream,) in rows}


async def under_load(api: ApiClient, blows: Sequence[str], tree: DevProcess) -> None:
    """Create tasks all the while; kill a member of the tree again and again."""
    done = asyncio.Event()

    async def work() -> None:
        while not done.is_set():
            await api.create()

    workers = [asyncio.create_task(work()) for _ in range(CLIENTS)]
    for words in blows:
        before = len(api.acknowledged)
        await some_more(api, before + 100)
        killed = tree.member(words)
        os.kill(killed, SIGKILL)
        await asyncio.to_thread(wait_until, partial(_replaced, tree, words, killed), tree.log_text)
        await some_more(api, before + 300)
    done.set()
    await asyncio.gather(*workers)


def _replaced(tree: DevProcess, words: str, killed: int) -> bool:
    return tree.member(words) not in {0, killed}


async def some_more(api: ApiClient, count: int) -> None:
    async def enough() -> bool:
        return len(api.acknowledged) >= count

    await until(enough, within=30)


async def test_killing_an_api_process_loses_nothing_acknowledged(tree: DevProcess) -> None:
    async with api_client(tree) as ada:
        await under_load(ada, ["interfaces.cli serve"] * 3, tree)
        assert set(ada.acknowledged) <= recorded(tree)


async def test_killing_postgresql_loses_nothing_acknowledged_and_it_comes_back(
    tree: DevProcess,
) -> None:
    async with api_client(tree) as ada:
        await under_load(ada, ["postgres -D"] * 2, tree)
        assert set(ada.acknowledged) <= recorded(tree)


async def test_many_clients_complete_a_task_at_once_with_one_event(tree: DevProcess) -> None:
    async with api_client(tree) as ada:
        await ada.create()
        (task,) = ada.acknowledged
        answers = await asyncio.gather(
            *(ada.client.post(f"/tasks/{task}/complete") for _ in range(20))
        )
        assert {answer.status_code for answer in answers} == {200}
        assert {answer.headers["ETag"] for answer in answers} == {'"2"'}
        history = await ada.client.get(f"/tasks/{task}/history", headers=after(answers[0]))
        assert [entry["action"] for entry in history.json()["items"]].count("task.completed") == 1


async def test_one_idempotency_key_sent_many_times_at_once_records_once(tree: DevProcess) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    async with api_client(tree) as ada:

        def send() -> Awaitable[httpx.Response]:
            return ada.client.post("/tasks", json={"title": "Once"}, headers=key)

        answers = await asyncio.gather(*(send() for _ in range(20)))
        assert {answer.status_code for answer in answers} <= {201, 409}
        created = {answer.text for answer in answers if answer.status_code == 201}
        assert len(created) == 1
        again = await send()
        assert (again.status_code, again.text) == (201, created.pop())
        task = UUID(again.json()["id"])
        with psycopg.connect(tree.database_url) as connection:
            owner = json.dumps(again.json()["owner"]).encode()
            rows = connection.execute(
                "SELECT originator_id FROM stored_events"
                " WHERE topic = 'task.created' AND position(%s in state) > 0",
                (owner,),
            ).fetchall()
        assert rows == [(task,)]


def after(answer: httpx.Response) -> dict[str, str]:
    return {"Annals-Min-Position": answer.headers["Annals-Position"]}


def test_eight_processes_may_bring_an_empty_database_up_to_date_at_once(
    empty_database_url: str,
) -> None:
    together = [
        subprocess.Popen(
            [*ANNALS, "migrate"],
            env=environment(database_url=empty_database_url),
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in together]
    assert [code for _, code in ends] == [0] * 8, [words for words, _ in ends]
    with psycopg.connect(empty_database_url) as connection:
        (versions,) = connection.execute("SELECT count(*) FROM alembic_version").fetchone() or (0,)
        (heads,) = connection.execute(
            "SELECT max(version_num) FROM alembic_version"
        ).fetchone() or ("",)
    newest = max(path.name[:4] for path in Path("alembic/versions").glob("0*.py"))
    assert (versions, heads) == (1, newest)
