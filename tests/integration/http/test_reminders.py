"""Reminders over HTTP: set, listed, snoozed, cancelled, and explained."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from application.command import Context
from application.commands.reminders import TriggerReminder
from domain.vocabulary import ReminderId, TaskId
from infrastructure.config.settings import Settings
from tests.support.api import Api, Person, projecting
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


def ahead(**length: float) -> str:
    moment = datetime.now(UTC) + timedelta(**length)
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


async def set_reminder(person: Person, task: str, **wish: object) -> dict[str, object]:
    answer = await person.ask("POST", f"/tasks/{task}/reminders", wish)
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


async def test_a_reminder_is_made_and_found_at_its_address(ada: Person) -> None:
    task = await ada.task(due_at="2099-03-08T13:00:00Z")
    answer = await ada.ask(
        "POST",
        f"/tasks/{task['id']}/reminders",
        {"before": "P1D", "timezone": "America/New_York"},
    )
    assert answer.status_code == 201
    body = answer.json()
    assert (body["due_at"], body["state"]) == ("2099-03-07T14:00:00Z", "pending")
    assert answer.headers["etag"] == '"3"'  # the task reminds when it is due, too
    found = await ada.http.get(
        answer.headers["location"].removeprefix("/api/v1"),
        headers={"authorization": f"Bearer {ada.tokens['access_token']}"},
    )
    assert found.json() == body


async def test_a_day_reminds_at_the_hour_that_preferences_name(ada: Person) -> None:
    hour = {"timezone": "America/New_York", "day_starts_at": "07:30"}
    preferences = (await ada.ask("PUT", "/me/notifications", hour)).json()
    assert preferences["day_starts_at"] == "07:30"
    task = await ada.task(due_on="2099-03-09")
    path = f"/tasks/{task['id']}"
    # The clocks change in between: a day before is the same time of day.
    before = await set_reminder(ada, task["id"], before="P2D")
    assert before["due_at"] == "2099-03-07T12:30:00Z"
    default, _ = (await ada.get(f"{path}/reminders")).json()["items"]
    assert default["due_at"] == "2099-03-09T11:30:00Z"
    await ada.ask("PUT", "/me/notifications", {"day_starts_at": "10:00"})
    kept = (await ada.get(f"{path}/reminders")).json()["items"]
    assert [each["due_at"] for each in kept] == [default["due_at"], before["due_at"]]
    await ada.ask("PATCH", path, {"due_on": "2099-03-10"})
    moved = (await ada.get(f"{path}/reminders")).json()["items"]
    assert [each["due_at"] for each in moved] == ["2099-03-10T14:00:00Z", "2099-03-08T14:00:00Z"]
    wrong = await ada.ask("PUT", "/me/notifications", {"day_starts_at": "24:00"})
    assert wrong.status_code == 422


async def test_the_same_key_sets_one_reminder(ada: Person) -> None:
    task = await ada.task()
    wish = {"at": ahead(hours=1)}
    path = f"/tasks/{task['id']}/reminders"
    one = await ada.ask("POST", path, wish, idempotency_key="bell")
    other = await ada.ask("POST", path, {"at": ahead(hours=2)})
    again = await ada.ask("POST", path, wish, idempotency_key="bell")
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == one.json() != other.json()


async def test_a_zone_of_your_own_is_the_default(ada: Person) -> None:
    await ada.ask("PUT", "/me/notifications", {"timezone": "Asia/Tokyo"})
    task = await ada.task()
    assert (await set_reminder(ada, task["id"], at=ahead(hours=1)))["timezone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({}, "at"),
        ({"at": "2020-01-01T00:00:00Z"}, "at"),
        ({"before": "P1D"}, "before"),
        ({"before": "soon"}, "before"),
        ({"at": "2099-01-01T00:00:00Z", "every": "PT1S"}, "every"),
        ({"at": "2099-01-01T00:00:00Z", "at_most": 2}, "at_most"),
        ({"at": "2099-01-01T00:00:00Z", "timezone": "Mars/Olympus"}, "timezone"),
        ({"at": "2099-01-01T00:00:00"}, "at"),
    ],
)
async def test_a_wish_that_cannot_be_granted_names_its_field(
    ada: Person, wish: dict[str, object], field: str
) -> None:
    task = await ada.task()
    answer = await ada.ask("POST", f"/tasks/{task['id']}/reminders", wish)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_snoozing_and_cancelling(ada: Person) -> None:
    task = await ada.task()
    ring = await set_reminder(ada, task["id"], at=ahead(hours=1))
    path = f"/tasks/{task['id']}/reminders/{ring['id']}"
    later = ahead(hours=3)
    snoozed = await ada.ask("POST", f"{path}/snooze", {"until": later})
    assert (snoozed.json()["due_at"], snoozed.json()["snoozed"]) == (later, True)
    assert (await ada.ask("POST", f"{path}/snooze", {"for": "PT2H"})).status_code == 200
    assert (await ada.ask("POST", f"{path}/snooze", {})).status_code == 422
    stale = await ada.ask("DELETE", path, if_match='"1"')
    assert stale.status_code == 412
    gone = await ada.ask("DELETE", path)
    assert (gone.json()["state"], gone.json()["cancelled_because"]) == ("cancelled", "asked")
    refused = await ada.ask("POST", f"{path}/snooze", {"for": "PT2H"})
    assert refused.status_code == 409


async def test_nobody_sees_the_reminders_of_another(ada: Person, bob: Person) -> None:
    task = await ada.task()
    ring = await set_reminder(ada, task["id"], at=ahead(hours=1))
    path = f"/tasks/{task['id']}/reminders"
    assert (await bob.get(path)).status_code == 404
    assert (await bob.get(f"{path}/{ring['id']}")).status_code == 404
    assert (await bob.ask("DELETE", f"{path}/{ring['id']}")).status_code == 404
    assert (await bob.get(f"/reminders/{ring['id']}/why")).status_code == 404


async def test_what_is_to_ring_is_listed_page_by_page(
    ada: Person, bob: Person, settings: Settings
) -> None:
    async with projecting(settings):
        task = await ada.task()
        for hours in (3, 1, 2):
            answer = await ada.ask(
                "POST", f"/tasks/{task['id']}/reminders", {"at": ahead(hours=hours)}
            )
        await bob.task()
        seen = {"annals_min_position": answer.headers["annals-position"]}
        first = (await ada.get("/reminders?limit=2", **seen)).json()
        rest = (await ada.get(f"/reminders?limit=2&cursor={first['next_cursor']}")).json()
        moments = [row["due_at"] for row in first["items"] + rest["items"]]
        assert moments == sorted(moments)
        assert (len(moments), rest["next_cursor"]) == (3, None)
        near = (await ada.get(f"/reminders?due_before={ahead(minutes=90)}")).json()
        assert len(near["items"]) == 1
        assert (await bob.get("/reminders")).json()["items"] == []


async def test_why_tells_all_that_happened_to_a_reminder(ada: Person, settings: Settings) -> None:
    async with projecting(settings):
        task = await ada.task(due_at=ahead(hours=5))
        ring = await set_reminder(ada, task["id"], before="PT1H")
        await ada.ask("PATCH", f"/tasks/{task['id']}", {"due_at": ahead(hours=6)})
        done = await ada.ask("POST", f"/tasks/{task['id']}/complete")
        seen = {"annals_min_position": done.headers["annals-position"]}
        chain = (await ada.get(f"/reminders/{ring['id']}/why", **seen)).json()
        assert [step["event"] for step in chain["steps"]] == [
            "reminder.set",
            "reminder.rearmed",
            "reminder.cancelled",
        ]
        assert chain["steps"][-1]["facts"]["why"] == "completed"
        assert chain["due_at"] is None


async def test_why_says_what_the_log_has_while_the_view_is_behind(
    ada: Person, settings: Settings
) -> None:
    async with projecting(settings):
        task = await ada.task(due_at=ahead(hours=5))
        made = await ada.ask("POST", f"/tasks/{task['id']}/reminders", {"before": "PT1H"})
        why = f"/reminders/{made.json()['id']}/why"
        shown = await ada.get(why, annals_min_position=made.headers["annals-position"])
        assert [moment["outcome"] for moment in shown.json()["moments"]] == ["pending"]
    assert (await ada.ask("POST", f"/tasks/{task['id']}/complete")).status_code == 200
    chain = (await ada.get(why)).json()
    assert chain["due_at"] is None
    assert "pending" not in [moment["outcome"] for moment in chain["moments"]]


async def test_the_tasks_own_version_and_list_follow(api: Api, ada: Person) -> None:
    task = await ada.task()
    await set_reminder(ada, task["id"], at=ahead(hours=1))
    read = (await ada.get(f"/tasks/{task['id']}")).json()
    assert (read["version"], read["updated_at"]) == (2, task["updated_at"])


async def test_a_due_date_alone_reminds_unless_that_is_switched_off(ada: Person) -> None:
    task = await ada.task(due_at="2099-03-08T13:00:00Z")
    (bell,) = (await ada.get(f"/tasks/{task['id']}/reminders")).json()["items"]
    assert (bell["before"], bell["due_at"]) == ("PT0S", "2099-03-08T13:00:00Z")
    changed = await ada.ask("PUT", "/me/notifications", {"default_reminders": []})
    assert changed.json()["default_reminders"] == []
    silent = await ada.task(due_at="2099-03-08T13:00:00Z")
    assert (await ada.get(f"/tasks/{silent['id']}/reminders")).json()["items"] == []
    wrong = await ada.ask("PUT", "/me/notifications", {"default_reminders": ["soon"]})
    assert wrong.status_code == 422
    assert [error["field"] for error in wrong.json()["errors"]] == ["default_reminders"]


async def test_a_zone_is_taken_by_the_name_that_others_give_it(ada: Person) -> None:
    zones = await ada.ask("PUT", "/me/notifications", {"timezone": "Tokyo Standard Time"})
    assert zones.json()["timezone"] == "Asia/Tokyo"
    task = await ada.task()
    bell = await set_reminder(ada, task["id"], at=ahead(hours=1), timezone="europe/lisbon")
    assert bell["timezone"] == "Europe/Lisbon"
    answer = await ada.ask("PUT", "/me/notifications", {"timezone": "Lisbon"})
    assert answer.status_code == 422
    assert "Did you mean Europe/Lisbon?" in answer.text


async def test_why_names_every_channel_and_the_reason_in_your_language(
    ada: Person, settings: Settings
) -> None:
    async with projecting(settings):
        await ada.ask("PUT", "/me/notifications", {"language": "de", "web_push": False})
        task = await ada.task()
        ring = await set_reminder(ada, task["id"], at=ahead(hours=1))
        seen = {"annals_min_position": await position(ada, str(task["id"]))}
        chain = (await ada.get(f"/reminders/{ring['id']}/why", **seen)).json()
        (moment,) = chain["moments"]
        assert (moment["at"], moment["outcome"]) == (ring["due_at"], "pending")
        assert {each["channel"]: each["code"] for each in moment["channels"]} == dict.fromkeys(
            ("email", "in_app", "web_push", "webhook", "live"), "not_due"
        )
        assert moment["channels"][0]["text"] == "Die Erinnerung ist noch nicht fällig."


async def test_why_explains_a_reminder_that_rang(api: Api, ada: Person, settings: Settings) -> None:
    async with projecting(settings):
        await ada.ask("PUT", "/me/notifications", {"web_push": False})
        task = await ada.task()
        due = datetime.now(UTC) + timedelta(hours=1)
        ring = await set_reminder(ada, task["id"], at=due.isoformat())
        command = TriggerReminder(
            task_id=TaskId(UUID(str(task["id"]))),
            reminder_id=ReminderId(UUID(str(ring["id"]))),
            due_at=due,
            window=timedelta(hours=24),
        )
        context = Context(actor="system:test", now=due, correlation_id=uuid4())
        receipt = await api.parts.commands.handle(command, context)
        seen = {"annals_min_position": str(receipt.position)}

        async def explained() -> bool:
            chain = (await ada.get(f"/reminders/{ring['id']}/why", **seen)).json()
            codes = {each["channel"]: each["code"] for each in chain["moments"][-1]["channels"]}
            return codes == {
                "in_app": "in_inbox",
                "email": "no_address",
                "web_push": "channel_off",
                "webhook": "no_endpoint",
                "live": "streams_unknown",
            }

        await until(explained)


async def position(person: Person, task: str) -> str:
    return (await person.get(f"/tasks/{task}")).headers["annals-position"]
