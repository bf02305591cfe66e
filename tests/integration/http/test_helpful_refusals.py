"""A refusal says what is right, with an example, and what was most likely meant."""

from typing import Any

import pytest

from tests.support.api import Person


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"due_at": "2030-01-01"}, "due_at", "2030-01-31T18:00:00Z"),
        ({"due_at": "2030-01-01T09:00:00"}, "due_at", "2030-01-31T18:00:00+02:00"),
        ({"due_at": 5}, "due_at", "2030-01-31T18:00:00Z"),
        ({"priority": "urgentt"}, "priority", "use `high`, `low`"),
        ({"due_date": "2030-01-01"}, "due_date", "did you mean `due_on`?"),
        ({"dueAt": "2030-01-01"}, "dueAt", "did you mean `due_at`?"),
        ({"deadline": "2030-01-01"}, "deadline", "did you mean `due_at`?"),
        ({"descripton": "a"}, "descripton", "did you mean `description`?"),
        ({"labels": []}, "labels", "did you mean `tags`?"),
        ({"notes": ""}, "notes", "did you mean `description`?"),
        ({"rrule": ""}, "rrule", "did you mean `recurrence`?"),
        ({"repeat": ""}, "repeat", "did you mean `recurrence`?"),
        ({"remind_at": ""}, "remind_at", "did you mean `reminders`?"),
        ({"completed": True}, "completed", "did you mean `POST /api/v1/tasks/{id}/complete`?"),
        (
            {"xyzzy": 1},
            "xyzzy",
            "known are: description, due_at, due_on, estimate, list_id, priority, recurrence",
        ),
        ({"Z" * 5_000: 1}, "Z" * 5_000, "known are: description"),
    ],
)
async def test_a_body_that_is_almost_right(
    ada: Person, body: dict[str, Any], field: str, said: str
) -> None:
    refused = await ada.ask("POST", "/tasks", {"title": "Water the plants"} | body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == field
    assert said in refused.json()["detail"]


@pytest.mark.parametrize(
    ("path", "field", "said"),
    [
        ("/tasks?status=finished", "status", "use `completed`, `deleted`, `open` or `skipped`"),
        ("/tasks?priority=x", "priority", "use `high`"),
        ("/tasks?due_befor=x", "due_befor", "did you mean `due_before`?"),
        ("/tasks?per_page=5", "per_page", "did you mean `limit`?"),
        ("/tasks?offset=5", "offset", "did you mean `page or cursor`?"),
        ("/tasks?due_after=friday", "due_after", "2030-01-31T18:00:00Z"),
        ("/tasks?series_id=5", "series_id", "0192f0c1-7a3e-7c4b-8f21-5b0d9e6a4c17"),
        ("/tasks?xyzzy=5", "xyzzy", "known are: completed_after, completed_before, count"),
        ("/audit?entity_type=user", "entity_type", "`account`, `list`, `notification`"),
        ("/audit/export?format=xml", "format", "use `csv` or `ndjson`"),
        ("/auth/me?a=1", "a", "known are: none"),
    ],
)
async def test_a_parameter_that_is_almost_right(
    ada: Person, path: str, field: str, said: str
) -> None:
    refused = await ada.get(path)
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["field"] == field
    assert said in refused.json()["detail"]
