"""An earlier and a later release work together over one log, and the later one loses nothing."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from infrastructure.rebuilding.verification import verify
from projections.catalogue import VIEWS
from tests.support.clients.live_client import LiveClient
from tests.support.event_log import EVENTS
from tests.support.processes.cli_process import annals, killed
from tests.support.processes.dev_process import annals as command
from tests.support.processes.earlier_release import EVENT, earlier_release
from tests.support.processes.serve_processes import Serving, serving
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

DISORDER = """
SELECT originator_id FROM stored_events GROUP BY originator_id
HAVING count(*) <> max(originator_version)
    OR array_agg(notification_id ORDER BY originator_version)
        <> array_agg(notification_id ORDER BY notification_id)
"""
UNREADABLE = "/problems/event-unreadable"


class Releases:
    """One account at an API of the earlier release (`old`) and one of the later (`new`)."""

    def __init__(self, old: httpx.AsyncClient, new: httpx.AsyncClient) -> None:
        self.old, self.new = old, new

    async def restored(self) -> httpx.Response:
        """Let the later release record an event that the earlier one does not know."""
        task = (await self.new.post("/tasks", json={"title": "Restored"})).json()["id"]
        assert (await self.new.delete(f"/tasks/{task}")).is_success
        answer = await self.new.post(f"/tasks/{task}/restore")
        assert answer.is_success, answer.text
        return answer

    async def listed(self, at: httpx.AsyncClient, answer: httpx.Response) -> dict[str, str]:
        """Return the states of all tasks, as a list shows them that has come to this answer."""
        behind = {"Annals-Min-Position": answer.headers["Annals-Position"]}
        found = await at.get("/tasks", params={"status": "open,deleted"}, headers=behind)
        assert found.status_code == 200, found.text
        return {item["id"]: item["status"] for item in found.json()["items"]}


@asynccontextmanager
async def person(old: Serving, new: Serving) -> AsyncIterator[Releases]:
    token = await asyncio.to_thread(new.sign_in, f"{uuid4().hex}@annals.example")
    headers = {"Authorization": f"Bearer {token}"}
    base = "{}/api/v1"
    async with (
        httpx.AsyncClient(base_url=base.format(old.address), headers=headers, timeout=20) as one,
        httpx.AsyncClient(base_url=base.format(new.address), headers=headers, timeout=20) as two,
    ):
        yield Releases(one, two)


async def test_two_releases_share_a_log(database_url: str, owner_url: str, tmp_path: Path) -> None:
    release = earlier_release(tmp_path / "earlier")
    folders = [tmp_path / name for name in ("old", "new")]
    for folder in folders:
        folder.mkdir()
    (folders[0] / "keys").mkdir()
    (folders[1] / "keys").symlink_to(folders[0] / "keys")
    with ExitStack() as stack:
        projector = stack.enter_context(annals("project", database=database_url))
        old = stack.enter_context(serving(database_url, folders[0], release=release))
        new = stack.enter_context(serving(database_url, folders[1]))
        async with person(old, new) as both:
            await both_write_to_the_same_streams(both)
            await the_earlier_release_keeps_fields_it_does_not_know(both)
            await the_earlier_release_refuses_what_it_cannot_read(both)
            await killed(projector)
            with annals("project", database=database_url, release=release) as earlier:
                parked = await the_earlier_release_projects(both, database_url)
                await killed(earlier)
            stack.enter_context(annals("project", database=database_url))
            await the_later_release_takes_over(both, database_url, parked)
    for view in VIEWS:
        found = await verify(database_url, view, EVENTS, workers=1, progress=_silent)
        assert found.different == 0, (view.name, found.differences)
    with psycopg.connect(owner_url) as connection:
        assert connection.execute(DISORDER).fetchall() == []


async def both_write_to_the_same_streams(both: Releases) -> None:
    task = (await both.old.post("/tasks", json={"title": "Shared"})).json()
    path, tag = f"/tasks/{task['id']}", f'"{task["version"]}"'
    for turn in range(10):
        change = {"title": f"Shared {turn}"}
        writer = (both.old, both.new)[turn % 2]
        answer = await writer.patch(path, json=change, headers={"If-Match": tag})
        assert answer.status_code == 200, answer.text
        tag = answer.headers["ETag"]
    # A race: every change is recorded once, or refused.
    answers = await asyncio.gather(
        *(
            client.patch(path, json={"title": f"Raced {n}"}, headers={"If-Match": tag})
            for n in range(5)
            for client in (both.old, both.new)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9
    for client in (both.old, both.new):
        assert (await client.get(path)).json()["version"] == task["version"] + 11


async def the_earlier_release_keeps_fields_it_does_not_know(both: Releases) -> None:
    ours = {"default_reminders": ["PT30M"]}
    assert (await both.new.put("/me/notifications", json=ours)).status_code == 200
    changed = await both.old.put("/me/notifications", json={"language": "de"})
    assert changed.status_code == 200, changed.text
    assert changed.json()["default_reminders"] == ["PT0S"]
    now = (await both.new.get("/me/notifications")).json()
    assert (now["default_reminders"], now["language"]) == (["PT30M"], "de")


async def the_earlier_release_refuses_what_it_cannot_read(both: Releases) -> None:
    listener = LiveClient()
    listening = asyncio.create_task(listener.listen(both.old))
    await until(lambda: _true(listener.after is not None))
    restored = await both.restored()
    task = restored.json()["id"]
    path = f"/tasks/{task}"
    for answer in (
        await both.old.get(path),
        await both.old.patch(path, json={"title": "Mended"}),
        await both.old.delete(path),
    ):
        assert answer.status_code == 503, answer.text
        assert answer.json()["type"].endswith(UNREADABLE)
        assert f"position {restored.headers['Annals-Position']}" in answer.json()["detail"]
    assert (await both.new.get(path)).json()["status"] == "open"
    for client in (both.old, both.new):  # the later release projects
        assert (await both.listed(client, restored))[task] == "open"
    after = await both.old.post("/tasks", json={"title": "Heard"})
    position = int(after.headers["Annals-Position"])
    await until(lambda: _true((listener.after or 0) >= position))
    assert listener.resyncs == 1, "the listener was not told what its release cannot read"
    listening.cancel()
    await asyncio.wait({listening})


async def the_earlier_release_projects(both: Releases, database_url: str) -> str:
    """Return the task that the views of the earlier release show as it was before."""
    restored = await both.restored()
    task = str(restored.json()["id"])
    after = await both.new.post("/tasks", json={"title": "Not held back"})
    for client in (both.old, both.new):
        listed = await both.listed(client, after)
        assert listed[after.json()["id"]] == "open"
        assert listed[task] == "deleted"
    dead = await asyncio.to_thread(command, "dead", "list", database_url=database_url)
    assert EVENT in dead.stdout
    assert task in dead.stdout
    return task


async def the_later_release_takes_over(both: Releases, database_url: str, parked: str) -> None:
    settings = {"database_url": database_url}
    retried = await asyncio.to_thread(command, "dead", "retry", **settings)
    anew = re.findall(r"run `annals views rebuild (\w+)`", retried.stderr)
    assert "history" in anew, retried.stderr
    for view in anew:
        rebuilt = await asyncio.to_thread(command, "views", "rebuild", view, **settings)
        assert rebuilt.returncode == 0, rebuilt.stderr
    answer = await both.new.patch(f"/tasks/{parked}", json={"title": "Back"})
    assert (await both.listed(both.new, answer))[parked] == "open"
    dead = await asyncio.to_thread(command, "dead", "list", **settings)
    assert "No event is parked." in dead.stdout


async def _true(holds: bool) -> bool:
    return holds


def _silent(*_: Any) -> None:
    pass
