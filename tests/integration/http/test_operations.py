"""Operators see the log, its readers and parked events over HTTP; what they do is recorded."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.events.operations import ParkedEventDiscarded, ParkedEventRetried, PayloadRead
from domain.events.requests import RequestAnswered
from infrastructure.config.settings import Settings
from infrastructure.monitoring import log_search
from tests.support.api import Api, Person
from tests.support.facts import history
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


async def ask(person: Person, path: str, **headers: str) -> dict[str, Any]:
    answer = await person.get(f"/operations/{path}", **headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def found(person: Person, question: str) -> list[tuple[str, int]]:
    """Return type and version of what a search of the log finds, oldest first."""
    items = (await ask(person, f"log?{question}"))["items"]
    return [(each["type"], each["version"]) for each in reversed(items)]


async def test_the_log_is_found_by_type_stream_actor_and_correlation(
    ada: Person, auditor: Person
) -> None:
    task = await ada.task()
    path = f"/tasks/{task['id']}"
    await ada.ask("PATCH", path, {"title": "Repot"}, x_request_id="r-1")
    await ada.ask("POST", f"{path}/complete")
    expected = [("task.created", 1), ("task.renamed", 2), ("task.completed", 3)]
    whole = (await ask(auditor, f"log?stream={task['id']}"))["items"]
    assert [each["version"] for each in whole] == [3, 2, 1]
    assert await found(auditor, f"stream={task['id']}&type={whole[1]['type']}") == [
        (whole[1]["type"], 2)
    ]
    assert "data" not in whole[0]
    account = (await ada.get("/auth/me")).json()["id"]
    assert {each["actor"] for each in whole} == {account}
    of_ada = await found(auditor, f"actor={account}&limit=3")
    assert [version for _, version in of_ada] == [version for _, version in expected]
    correlation = whole[1]["correlation_id"]
    assert await found(auditor, f"correlation={correlation}") == [(whole[1]["type"], 2)]
    assert await found(auditor, f"actor={uuid4()}") == []


@pytest.mark.usefixtures("database_url")
async def test_the_log_is_followed_from_a_position_and_read_back_by_cursors(
    ada: Person, auditor: Person
) -> None:
    for number in range(3):
        await ada.task(f"Task {number}")
    start = (await ask(auditor, "log?limit=1"))["position"]
    assert (await ask(auditor, f"log?after={start}"))["items"] == []
    await ada.task("Another")
    news = await ask(auditor, f"log?after={start}")
    assert [each["type"] for each in news["items"]] == ["task.created"]
    assert (await ask(auditor, f"log?after={news['position']}"))["items"] == []
    seen, cursor = list[int](), ""
    while cursor is not None:
        page = await ask(auditor, "log?type=task.created&limit=2" + cursor)
        seen += [each["position"] for each in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert len(seen) == 4
    assert seen == sorted(seen, reverse=True)
    both = await auditor.get(f"/operations/log?after=0{cursor or '&cursor=x'}")
    assert both.status_code == 422


async def test_a_page_that_looked_at_enough_goes_on_where_it_stopped(
    ada: Person, auditor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_search, "MOST_SCANNED", 3)
    first = await ada.task()
    for number in range(8):
        await ada.task(f"Task {number}")
    page = await ask(auditor, "log?type=account.registered")
    rounds = 0
    while not page["items"]:
        rounds += 1
        page = await ask(auditor, f"log?type=account.registered&cursor={page['next_cursor']}")
    assert rounds >= 2
    ascending = await ask(auditor, f"log?stream={first['id']}&after=0")
    assert [each["version"] for each in ascending["items"]] == [1]


async def test_reading_the_data_of_a_stream_needs_a_reason_and_is_recorded_once_an_hour(
    api: Api, ada: Person, auditor: Person
) -> None:
    task = await ada.task()
    await ada.ask("PATCH", f"/tasks/{task['id']}", {"title": "Repot"})
    path = f"/operations/streams/{task['id']}"
    assert (await auditor.get(path)).status_code in {400, 422}
    assert (await auditor.get(f"{path}?reason=no")).status_code == 422
    for _ in range(2):
        shown = (await auditor.get(f"{path}?reason=She+asked+why")).json()
    created, renamed = shown["items"]
    assert (created["type"], created["data"]["title"]) == ("task.created", "Water the plants")
    assert (created["state"]["title"], renamed["state"]["title"]) == (
        "Water the plants",
        "Repot",
    )
    part = (await auditor.get(f"{path}?reason=She+asked+why&limit=1")).json()
    assert ([each["version"] for each in part["items"]], part["next_version"]) == ([1], 1)
    rest = (await auditor.get(f"{path}?reason=She+asked+why&after=1")).json()
    assert ([each["version"] for each in rest["items"]], rest["next_version"]) == ([2], None)
    log = (await ask(auditor, "log?type=operations.payload_read"))["items"]
    [act] = [fact.event for fact in await api.recorded(UUID(log[0]["stream"]))]
    assert isinstance(act, PayloadRead)
    assert (act.stream, act.reason) == (UUID(task["id"]), "She asked why")
    assert len(log) == 1
    missing = await auditor.get(f"/operations/streams/{uuid4()}?reason=curious")
    assert missing.status_code == 404


async def test_a_stream_without_a_state_shows_its_events(api: Api, auditor: Person) -> None:
    stream = uuid4()
    answered = RequestAnswered(fingerprint="f", subject=uuid4(), version=1)
    await api.record(history(answered, stream=stream, at=datetime.now(UTC)))
    [shown] = (await ask(auditor, f"streams/{stream}?reason=a+test"))["items"]
    assert (shown["type"], shown["state"]) == ("request.answered", None)


async def test_what_caused_what_is_traced(ada: Person, auditor: Person, views: None) -> None:
    task = await ada.task(due_at="2099-01-05T08:00:00Z")
    answer = await ada.ask("PUT", f"/tasks/{task['id']}/recurrence", {"rrule": "FREQ=WEEKLY"})
    assert answer.status_code == 200, answer.text
    await ada.ask("POST", f"/tasks/{task['id']}/complete")
    traced: list[dict[str, Any]] = []

    async def next_occurrence_is_traced() -> bool:
        found = (await ask(auditor, "log?type=task.occurrence_generated"))["items"]
        for entry in found:
            answer = await auditor.get(f"/operations/correlations/{entry['correlation_id']}")
            traced[:] = answer.json()["items"] if answer.status_code == 200 else []
        return any(each["type"] == "task.occurrence_generated" for each in traced)

    await until(next_occurrence_is_traced)
    [made] = [each for each in traced if each["type"] == "task.occurrence_generated"]
    # The series or the completion, whichever the reaction saw first.
    [cause] = [each for each in traced if each["id"] == made["causation_id"]]
    assert cause["position"] < made["position"]
    assert cause["actor"] == (await ada.get("/auth/me")).json()["id"]
    assert made["actor"] == "system:recurrence"
    assert (await auditor.get(f"/operations/correlations/{uuid4()}")).status_code == 404


async def test_readers_and_processes_are_shown(ada: Person, auditor: Person, views: None) -> None:
    task = await ada.task()
    position = (await ada.get(f"/tasks/{task['id']}")).headers["annals-position"]
    await ada.get("/tasks", annals_min_position=position)
    readers = {each["name"]: each for each in (await ask(auditor, "readers"))["items"]}
    assert (readers["task_list"]["kind"], readers["tell"]["kind"]) == ("view", "reaction")
    assert readers["task_list"]["position"] >= int(position)
    assert readers["task_list"]["parked"] == 0
    names = {each["name"] for each in (await ask(auditor, "processes"))["items"]}
    assert {"annals store", "annals serve operations"} <= names


@pytest.fixture
def park(settings: Settings) -> Callable[[str, int, UUID], None]:
    def parked(view: str, position: int, stream: UUID) -> None:
        with psycopg.connect(settings.database.url_or_fail, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO dead_events (view, position, stream, version, topic, error)"
                " VALUES (%s, %s, %s, 1, 'task.created', 'a defect')",
                (view, position, stream),
            )

    return parked


async def test_a_parked_event_is_retried_or_discarded_and_that_is_recorded(
    api: Api, ada: Person, admin: Person, auditor: Person, park: Callable[[str, int, UUID], None]
) -> None:
    task = await ada.task()
    position = int((await ada.get(f"/tasks/{task['id']}")).headers["annals-position"])
    for view in ("task_list", "history", "relay"):
        park(view, position, UUID(task["id"]))
    listed = (await ask(auditor, "parked-events"))["items"]
    assert [(each["view"], each["error"]) for each in listed] == [
        ("history", "a defect"),
        ("relay", "a defect"),
        ("task_list", "a defect"),
    ]
    path = "/operations/parked-events"
    assert (await auditor.ask("POST", f"{path}/relay/{position}/retry")).status_code == 403
    folded = await admin.ask("POST", f"{path}/task_list/{position}/retry")
    assert (folded.status_code, folded.json()["error"]) == (200, None)
    for view in ("history", "relay"):  # append-only, and sent by a command of its own
        refused = await admin.ask("POST", f"{path}/{view}/{position}/retry")
        assert refused.status_code == 409, refused.text
    discarded = await admin.ask("POST", f"{path}/relay/{position}/discard")
    assert discarded.status_code == 200
    assert [each["view"] for each in (await ask(auditor, "parked-events"))["items"]] == ["history"]
    assert len((await ask(auditor, "parked-events?discarded=true"))["items"]) == 2
    for gone in (f"relay/{position}/discard", "nobody/1/retry"):
        assert (await admin.ask("POST", f"{path}/{gone}")).status_code == 404
    acts = [
        fact.event
        for entry in (await ask(auditor, "log?limit=200"))["items"]
        if entry["type"].startswith("operations.")
        for fact in await api.recorded(UUID(entry["stream"]))
    ]
    assert ParkedEventRetried(view="task_list", position=position) in acts
    assert ParkedEventDiscarded(view="relay", position=position) in acts
