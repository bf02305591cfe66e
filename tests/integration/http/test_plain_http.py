"""What any HTTP client may count on: HEAD, OPTIONS, Allow and merge patches."""

import json

import pytest

from tests.support.api import Api, Person

ROOT = "http://annals.test"
PLAIN = {"accept-encoding": "identity"}
FILES = ["/openapi.json", "/docs", "/docs/rapidoc-min.js"]


@pytest.mark.parametrize("path", [*FILES, "/health/live", "/problems/invalid", "/api/v1/auth/me"])
async def test_head_is_get_without_its_body(api: Api, ada: Person, path: str) -> None:
    bearer = {"authorization": f"Bearer {ada.tokens['access_token']}"} | PLAIN
    got = await api.http.get(ROOT + path, headers=bearer)
    head = await api.http.head(ROOT + path, headers=bearer)
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    own = {"x-request-id", "ratelimit"}
    assert {name: value for name, value in head.headers.items() if name not in own} == {
        name: value for name, value in got.headers.items() if name not in own
    }


async def test_head_of_a_stream_and_of_an_export_ends_at_once(ada: Person, views: None) -> None:
    for path in ("/stream", "/audit/export?format=csv"):
        head = await ada.ask("HEAD", path)
        assert head.status_code == 200
        assert head.content == b""


@pytest.mark.usefixtures("views")
async def test_an_export_has_the_changes_of_its_period_alone(ada: Person) -> None:
    task = await ada.task()
    done = await ada.ask("POST", f"/tasks/{task['id']}/complete")
    seen = {"annals_min_position": done.headers["annals-position"]}
    period = f"from={task['created_at']}&to={done.json()['completed_at']}"
    lines = (await ada.get(f"/audit/export?format=ndjson&{period}", **seen)).text.splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["task.created"]


async def test_head_of_a_task_of_somebody_else_says_no_more_than_get(
    ada: Person, bob: Person
) -> None:
    task = await ada.task()
    assert (await bob.ask("HEAD", f"/tasks/{task['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/tasks", "GET, HEAD, OPTIONS, POST"),
        ("/tasks/01a21414-125b-7244-9172-0c1289661942", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("/tasks/01a21414-125b-7244-9172-0c1289661942/complete", "OPTIONS, POST"),
        ("/auth/login", "OPTIONS, POST"),
        ("/stream", "GET, HEAD, OPTIONS"),
    ],
)
async def test_allow_names_every_method_of_a_resource(ada: Person, path: str, allowed: str) -> None:
    asked = await ada.ask("OPTIONS", path)
    assert (asked.status_code, asked.headers["allow"]) == (204, allowed)
    refused = await ada.ask("TRACE", path)
    assert (refused.status_code, refused.headers["allow"]) == (405, allowed)
    assert refused.json()["type"] == "/problems/method-not-allowed"


async def test_a_merge_patch_changes_a_task(ada: Person) -> None:
    task = await ada.task(due_at="2030-01-31T18:00:00Z")
    kind = {"content_type": "application/merge-patch+json"}
    changed = await ada.ask("PATCH", f"/tasks/{task['id']}", {"due_at": None}, **kind)
    assert changed.status_code == 200, changed.text
    assert changed.json()["due_at"] is None
    created = await ada.ask("POST", "/tasks", {"title": "a"}, **kind)
    assert created.status_code == 415
