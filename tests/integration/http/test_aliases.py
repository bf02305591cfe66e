"""Requests as other task services have them: answered like our own, and marked as deprecated."""

import re
from pathlib import Path

import pytest

from interfaces.http.rewriting.aliases import ALIASES
from tests.support.api import Answer, Person

DOCS = Path(__file__).parents[3] / "docs" / "http.md"


def same(alias: Answer, own: Answer) -> bool:
    assert alias.headers["deprecation"].startswith("@")
    assert 'rel="successor-version"' in alias.headers["link"]
    assert "deprecation" not in own.headers
    assert alias.status_code == own.status_code == 200, alias.text
    return alias.content == own.content


@pytest.mark.usefixtures("views")
async def test_a_path_of_another_service_is_answered_like_our_own(ada: Person) -> None:
    task = await ada.task(due_at="2030-01-31T18:00:00Z")
    me = (await ada.get("/auth/me")).json()["id"]
    rule = {"rrule": "FREQ=DAILY"}
    recurring = await ada.ask("POST", f"/tasks/{task['id']}/recurring", rule)
    assert recurring.status_code == 200, recurring.text
    assert recurring.headers["link"].startswith(f"</api/v1/tasks/{task['id']}/recurrence>")
    renamed = await ada.ask("PUT", f"/tasks/{task['id']}", {"title": "Water them"})
    assert renamed.json()["title"] == "Water them"
    done = await ada.ask("PATCH", f"/tasks/{task['id']}/complete")
    assert done.json()["status"] == "completed"
    seen = {"annals_min_position": done.headers["annals-position"]}
    assert same(
        await ada.get(f"/audit/user/{me}/activity", **seen),
        await ada.get(f"/audit/users/{me}/activity", **seen),
    )
    assert same(
        await ada.get(f"/audit/tasks/{task['id']}", **seen),
        await ada.get(f"/audit/task/{task['id']}", **seen),
    )
    assert (await ada.ask("HEAD", "/notifications/stream")).status_code == 200


@pytest.mark.usefixtures("views")
@pytest.mark.parametrize(
    ("alias", "own"),
    [
        ("status=active", "status=open"),
        ("status=done", "status=completed"),
        ("status=all", "status=open,completed,skipped"),
        ("is_recurring=true", "recurring=true"),
        ("sort_by=title", "sort=title"),
        ("sort_by=title&sort_order=desc", "sort=-title"),
        ("sort_by=title&sort_order=ASC&limit=1", "sort=title&limit=1"),
    ],
)
async def test_a_parameter_of_another_service_is_read_like_our_own(
    ada: Person, alias: str, own: str
) -> None:
    for title in ("Water", "Buy", "Call"):
        last = await ada.ask("POST", "/tasks", {"title": title})
    last = await ada.ask("POST", f"/tasks/{last.json()['id']}/complete")
    seen = {"annals_min_position": last.headers["annals-position"]}
    assert same(await ada.get(f"/tasks?{alias}", **seen), await ada.get(f"/tasks?{own}", **seen))


@pytest.mark.usefixtures("views")
async def test_an_export_as_json_is_one_of_lines_of_json(ada: Person) -> None:
    assert (
        (await ada.get("/audit/export?format=json"))
        .headers["content-type"]
        .startswith("application/x-ndjson")
    )


async def test_an_alias_needs_a_token_and_a_task_of_ones_own(ada: Person, bob: Person) -> None:
    task = await ada.task()
    assert (await bob.ask("PATCH", f"/tasks/{task['id']}/complete")).status_code == 404
    nobody = await ada.http.patch(f"/tasks/{task['id']}/complete")
    assert nobody.status_code == 401


@pytest.mark.parametrize(
    "query", ["sort_by=title&sort_by=title", "sort_order=up&sort_by=title", "sort_order=asc"]
)
async def test_what_is_no_alias_is_refused_in_words(ada: Person, query: str) -> None:
    refused = await ada.get(f"/tasks?{query}")
    assert refused.status_code == 422
    assert "did you mean `sort" in refused.json()["detail"]


def test_the_documentation_lists_every_alias() -> None:
    text = DOCS.read_text()
    for alias in ALIASES:
        shown = re.sub(r"\(\[.*?\}\)", "{id}", alias.path).removeprefix("/api/v1")
        assert f"| `{alias.method} {shown}` |" in text
