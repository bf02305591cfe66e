"""The audit trail: what happened, for those who may know."""

import codecs
import csv
import io
from uuid import UUID

import msgspec
import psycopg
import pytest

from application.commands.identity.accounts import GrantRole
from infrastructure.config.settings import Settings
from interfaces.http.tasks.audit_export import COLUMNS, ExportTookTooLong, _cell, exported
from projections.views.audit_trail.audit import AuditQuery
from tests.support.api import Api, Person
from tests.support.facts import context
from tests.support.waiting import until


@pytest.fixture
async def changed(ada: Person, views: None) -> dict[str, object]:
    """A task of Ada's that was changed, with its history shown, and the mail that greets her."""
    task = await ada.task("First", tags=["a"])
    answer = await ada.ask("PATCH", f"/tasks/{task['id']}", {"title": "=1+1", "priority": "high"})
    position = answer.headers["annals-position"]
    assert (await ada.get("/audit", annals_min_position=position)).status_code == 200

    async def greeted() -> bool:
        found = (await ada.get("/audit?entity_type=notification")).json()
        return len(found["items"]) == 1

    await until(greeted)
    return task


@pytest.fixture
async def auditor(api: Api) -> Person:
    someone = await api.person("olga")
    account = (await someone.get("/auth/me")).json()["id"]
    grant = msgspec.convert({"account_id": account, "role": "auditor"}, GrantRole)
    await api.parts.commands.handle(grant, context(actor="system:test"))
    return await api.log_in("olga")


async def test_a_history_has_what_was_before_and_after(
    ada: Person, changed: dict[str, object]
) -> None:
    entries = (await ada.get(f"/tasks/{changed['id']}/history")).json()["items"]
    assert [entry["action"] for entry in entries] == ["task.updated", "task.created"]
    assert entries[0]["changes"] == {
        "title": {"before": "First", "after": "=1+1"},
        "priority": {"before": "medium", "after": "high"},
    }
    assert entries[0]["actor"] == changed["owner"]


async def test_everyone_sees_their_own_and_an_auditor_everything(
    ada: Person, bob: Person, auditor: Person, changed: dict[str, object]
) -> None:
    path = f"/audit/task/{changed['id']}"
    assert len((await ada.get(path)).json()["items"]) == 2
    assert (await bob.get(path)).status_code == 404
    assert len((await auditor.get(path)).json()["items"]) == 2
    assert (await bob.get(f"/tasks/{changed['id']}/history")).status_code == 404
    assert len((await auditor.get(f"/tasks/{changed['id']}/history")).json()["items"]) == 2
    activity = f"/audit/users/{changed['owner']}/activity"
    assert len((await ada.get(activity)).json()["items"]) == 4
    assert (await bob.get(activity)).status_code == 404
    assert len((await auditor.get(activity)).json()["items"]) == 4
    owners = {entry["owner"] for entry in (await bob.get("/audit")).json()["items"]}
    assert changed["owner"] not in owners


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 5),
        ("entity_type=task", 2),
        ("entity_type=account", 1),
        ("entity_type=session", 1),
        ("entity_type=notification", 1),
        ("action=task.created", 1),
        ("action=task.completed", 0),
        ("from=2001-01-01T00:00:00Z&to=2002-01-01T00:00:00Z", 0),
        (f"entity_id={UUID(int=1)}", 0),
        (f"user_id={UUID(int=1)}", 0),
        ("limit=1", 1),
    ],
)
async def test_entries_are_found(
    ada: Person, changed: dict[str, object], query: str, count: int
) -> None:
    answer = await ada.get(f"/audit?{query}")
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["items"]) == count


@pytest.mark.usefixtures("changed")
async def test_pages_of_entries_follow_each_other(ada: Person) -> None:
    first = (await ada.get("/audit?limit=3")).json()
    second = (await ada.get(f"/audit?limit=3&cursor={first['next_cursor']}")).json()
    positions = [entry["position"] for entry in first["items"] + second["items"]]
    assert len(positions) == 5
    assert positions == sorted(positions, reverse=True)
    assert second["next_cursor"] is None


@pytest.mark.usefixtures("changed")
async def test_an_export_has_every_entry(ada: Person) -> None:
    listed = (await ada.get("/audit")).json()["items"]
    lines = (await ada.get("/audit/export?format=ndjson")).text.splitlines()
    assert [msgspec.json.decode(line) for line in lines] == listed[::-1]
    answer = await ada.get("/audit/export?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(codecs.BOM_UTF8)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["action"] for row in rows] == [entry["action"] for entry in listed[::-1]]
    assert msgspec.json.decode(rows[-1]["changes"]) == listed[0]["changes"]


async def test_an_account_has_one_export_at_a_time_and_another_account_has_its_own(
    api: Api, ada: Person, bob: Person
) -> None:
    account = (await ada.get("/auth/me")).json()["id"]
    async with api.parts.export_limit.acquire(UUID(account)):
        refused = await ada.get("/audit/export?format=ndjson")
        assert refused.status_code == 429
        assert refused.headers["retry-after"]
        assert "one export" in refused.json()["detail"] or "1 export" in refused.json()["detail"]
        assert (await bob.get("/audit/export?format=ndjson")).status_code == 200
    assert (await ada.get("/audit/export?format=ndjson")).status_code == 200
    assert (await ada.get("/audit/export?format=ndjson")).status_code == 200


@pytest.mark.usefixtures("changed")
async def test_an_export_that_is_read_slowly_holds_no_connection(
    api: Api, settings: Settings
) -> None:
    chunks = exported(api.parts.queries, AuditQuery(), "csv", seconds=60)
    assert b"position," in await anext(chunks)
    with psycopg.connect(settings.database.url_or_fail) as connection:
        held = connection.execute(
            "SELECT state, query FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'annals queries' AND state <> 'idle'"
        ).fetchall()
    assert held == []


@pytest.mark.usefixtures("changed")
async def test_an_export_ends_when_its_time_is_over(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interfaces.http.tasks.audit_export.CHUNK", 10)
    chunks = exported(api.parts.queries, AuditQuery(), "csv", seconds=-1)
    with pytest.raises(ExportTookTooLong):
        [chunk async for chunk in chunks]


async def test_an_export_of_nothing_is_empty(ada: Person) -> None:
    answer = await ada.get("/audit/export?format=ndjson&action=task.deleted")
    assert (answer.status_code, answer.text) == (200, "")
    assert (await ada.get("/audit/export?format=xml")).status_code == 422


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_an_export_is_a_formula(text: str) -> None:
    assert _cell(text) == f"'{text}"
