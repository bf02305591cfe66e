"""What people say to an assistant, as the tool calls that a model makes of it."""

from datetime import date, timedelta
from typing import Any

from tests.support.api import Api, Person
from tests.support.clients.assistant import Assistant, connected, token_of


async def titles(assistant: Assistant, **filters: Any) -> list[str]:
    found = await assistant.do("find_tasks", sort="title", **filters)
    return [task["title"] for task in found["tasks"]]


async def add(assistant: Assistant, *lines: str) -> list[dict[str, Any]]:
    added = await assistant.do("add_tasks", tasks=[{"text": line} for line in lines])
    assert added["failed"] == []
    return list(added["done"])


async def test_adding_and_planning(api: Api, ada: Person) -> None:
    async with connected(api, await token_of(ada)) as assistant:
        # "Today I have to pay the rent. I must not forget to call Bob tomorrow."
        rent, bob = await add(assistant, "Pay the rent today", "Call Bob tomorrow !high")
        # "Water the plants every three days, and remind me half an hour before."
        (plants,) = await add(assistant, "Water the plants every 3 days at 9 remind 30m before")
        assert plants["recurring"]
        # "What do I have to do?"
        shown = await assistant.do("get_overview")
        assert "Pay the rent" in [task["title"] for task in shown["due_today"]]
        assert "Call Bob" in [task["title"] for task in shown["next_seven_days"]]
        assert rent["due_on"] == shown["today"]
        assert bob["priority"] == "high"
        # "When will you remind me of the plants?"
        explained = await assistant.do("explain_reminder", task_id=plants["id"])
        assert [each["before"] for each in explained["reminders"]] == ["PT30M"]


async def test_moving_and_reminding(api: Api, ada: Person) -> None:
    async with connected(api, await token_of(ada)) as assistant:
        added = await add(assistant, "Slides tomorrow #q4", "Budget today #q4", "Milk today #home")
        # "Move everything tagged q4 to next week."
        found = await assistant.do("find_tasks", tags=["q4"])
        changes = [{"id": task["id"], "due": "next week"} for task in found["tasks"]]
        moved = await assistant.do("update_tasks", changes=changes)
        assert moved["summary"] == "2 tasks updated."
        days = {task["due_on"] for task in moved["done"]}
        (monday,) = {date.fromisoformat(day) for day in days}
        assert monday.weekday() == 0
        # "Push the milk back by two days, and make it weekly."
        milk = added[2]
        await assistant.do(
            "update_tasks", changes=[{"id": milk["id"], "move_days": 2, "repeat": "every week"}]
        )
        task = (await ada.get(f"/tasks/{milk['id']}")).json()
        assert task["due_on"] == str(date.fromisoformat(milk["due_on"]) + timedelta(days=2))
        assert task["series_id"] is not None
        # "Remind me of the slides an hour before."
        slides = added[0]["id"]
        reminders = [{"task_id": slides, "when": "an hour before"}]
        assert (await assistant.do("set_reminders", reminders=reminders))["failed"] == []
        set_now = (await ada.get(f"/tasks/{slides}/reminders")).json()["items"]
        assert "PT1H" in [reminder["before"] for reminder in set_now]


async def test_what_changed_and_taking_it_back(api: Api, ada: Person) -> None:
    async with connected(api, await token_of(ada)) as assistant:
        (report,) = await add(assistant, "Report")
        await assistant.do("update_tasks", changes=[{"id": report["id"], "title": "The report"}])
        await assistant.do("complete_tasks", ids=[report["id"]])
        # "What changed on the report since Monday?"
        history = await assistant.do("task_history", task_id=report["id"], since="monday")
        actions = [step["action"] for step in history["steps"]]
        assert actions == ["task.completed", "task.updated", "task.created"]
        assert history["steps"][1]["changes"]["title"] == {
            "before": "Report",
            "after": "The report",
        }
        # "It is not done after all."
        reopened = await assistant.do("reopen_tasks", ids=[report["id"]])
        assert reopened["done"][0]["status"] == "open"
        # "Throw it away. – No, bring it back!"
        await assistant.do("delete_tasks", ids=[report["id"]])
        assert await titles(assistant) == []
        await assistant.do("reopen_tasks", ids=[report["id"]])
        assert await titles(assistant) == ["The report"]


async def test_lists_rules_and_reminders_by_fields(api: Api, ada: Person) -> None:
    made = await ada.ask("POST", "/lists", {"name": "Home"})
    home, position = made.json()["id"], made.headers["Annals-Position"]
    assert (await ada.get("/lists", annals_min_position=position)).status_code == 200
    async with connected(api, await token_of(ada)) as assistant:
        # "Put the plants on my list Home, every three days, and remind me an hour before."
        task = {"title": "Plants", "due": "tomorrow at 9", "repeat": "every 3 days"}
        more = {"list_name": "home", "reminders": ["an hour before"]}
        (plants,) = (await assistant.do("add_tasks", tasks=[task | more]))["done"]
        assert plants["recurring"]
        assert (await ada.get(f"/tasks/{plants['id']}")).json()["list_id"] == home
        assert await titles(assistant, list_name="HOME") == ["Plants"]
        # "Take it off the list."
        change = {"id": plants["id"], "list_name": "none"}
        await assistant.do("update_tasks", changes=[change])
        assert await titles(assistant, list_name="none") == ["Plants"]
        # "Put it on Work."
        refused = await assistant.do("update_tasks", changes=[change | {"list_name": "Work"}])
        assert '"Home"' in refused["failed"][0]["next"]
        # "Why was I not mailed?"
        explained = await assistant.do("explain_reminder", task_id=plants["id"])
        [moment] = explained["reminders"][0]["moments"]
        mail = next(each for each in moment["channels"] if each["channel"] == "email")
        assert mail["text"]


async def test_undo_that(api: Api, ada: Person) -> None:
    async with connected(api, await token_of(ada)) as assistant:
        # "Add milk and bread, and move the meeting to Friday. – Undo that."
        added = await assistant.do("add_tasks", tasks=[{"title": "Milk"}, {"title": "Bread"}])
        assert len(added["changes"]) == 1
        undone = await assistant.do("undo")
        assert undone["failed"] == []
        assert await titles(assistant) == []
        (meeting,) = await add(assistant, "Meeting today")
        await assistant.do("update_tasks", changes=[{"id": meeting["id"], "due": "on friday"}])
        undone = await assistant.do("undo")
        assert undone["summary"] == "1 change undone."
        assert (await ada.get(f"/tasks/{meeting['id']}")).json()["due_on"] == meeting["due_on"]
        # "No, do move it."
        await assistant.do("undo", changes=[undone["done"][0]["id"]])
        assert (await ada.get(f"/tasks/{meeting['id']}")).json()["due_on"] != meeting["due_on"]
        unknown = await assistant.do("undo", changes=["nothing", meeting["id"]])
        assert {each["code"] for each in unknown["failed"]} == {"not-found", "change-not-found"}


async def test_a_recurring_task_this_time_not(api: Api, ada: Person) -> None:
    async with connected(api, await token_of(ada)) as assistant:
        (bins,) = await add(assistant, "Take the bins out every day")
        # "Not today."
        skipped = await assistant.do("skip_occurrences", ids=[bins["id"]])
        assert skipped["done"][0]["status"] == "skipped"
        again = await assistant.do("reopen_tasks", ids=[bins["id"]])
        assert again["done"][0]["status"] == "open"
