"""The page in Chromium: what a person does, what the network does, and what ends up in the log."""

import os
import random
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from signal import SIGKILL
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect
from playwright.sync_api import Error as PlaywrightError

from tests.page.axe import violations
from tests.page.browser import (
    PASSWORD,
    Account,
    evaluate,
    live,
    logged_in,
    opened,
    register,
    row,
)
from tests.page.hostile_texts import HOSTILE
from tests.support.processes.dev_process import DevProcess
from tests.support.seed import SEED
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def ada(address: str) -> Account:
    return register(address)


@pytest.fixture(scope="module")
def adas_page(browser: Browser, address: str, ada: Account) -> Iterator[Page]:
    page = logged_in(browser, address, ada)
    yield page
    page.context.close()


@pytest.fixture
def page(adas_page: Page, address: str, ada: Account) -> Page:
    """Ada's page, at all of her tasks, of which there are none."""
    for task in ada.tasks():
        ada.api.delete(f"/tasks/{task['id']}")
    adas_page.context.set_offline(False)
    adas_page.goto(f"{address}/all")
    live(adas_page)
    return adas_page


def test_what_is_added_stays_after_a_reload(page: Page, ada: Account) -> None:
    page.fill("input[name=quick]", "Water the plants tomorrow at 9 #home !high")
    expect(page.locator(".add .chip")).to_have_count(3)
    page.keyboard.press("Enter")
    expect(row(page, "Water the plants")).to_have_count(1)
    expect(page.locator(".row .sending")).to_have_count(0)
    page.reload()
    expect(row(page, "Water the plants")).to_contain_text("home")
    assert ada.titles() == ["Water the plants"]


def test_a_change_in_one_browser_is_seen_in_another(
    page: Page, browser: Browser, address: str, ada: Account
) -> None:
    other = logged_in(browser, address, ada)
    other.goto(f"{address}/all")
    live(other)
    page.fill("input[name=quick]", "Seen elsewhere")
    page.keyboard.press("Enter")
    row(other, "Seen elsewhere").locator(".tick").click()
    expect(row(page, "Seen elsewhere")).to_have_count(0)
    [task] = ada.tasks()
    assert (task["title"], task["status"]) == ("Seen elsewhere", "completed")
    other.context.close()


def test_a_refused_change_is_taken_back_in_words(page: Page, ada: Account) -> None:
    task = ada.create("Gone meanwhile")
    expect(row(page, "Gone meanwhile")).to_have_count(1)
    page.context.set_offline(True)
    row(page, "Gone meanwhile").locator(".tick").click()
    expect(row(page, "Gone meanwhile")).to_have_count(0)
    ada.api.delete(f"/tasks/{task['id']}")
    page.context.set_offline(False)
    expect(page.locator(".toast.bad")).to_contain_text("“Gone meanwhile” stays as it was")
    expect(page.locator(".toast", has_text="Done: Gone meanwhile")).to_have_count(0)
    assert ada.tasks() == []


def test_what_was_asked_offline_is_done_when_the_network_is_back(page: Page, ada: Account) -> None:
    ada.create("Known before")
    expect(row(page, "Known before")).to_have_count(1)
    page.context.set_offline(True)
    expect(page.locator(".state")).to_have_text("Offline")
    for title in ("First offline", "Second offline"):
        page.fill("input[name=quick]", title)
        page.keyboard.press("Enter")
        expect(row(page, title)).to_contain_text("sending")
    row(page, "Known before").locator(".tick").click()
    expect(page.locator(".state")).to_have_text("Offline: 3 changes wait")
    page.context.set_offline(False)
    expect(page.locator(".row .sending")).to_have_count(0)
    live(page)
    assert ada.titles() == ["First offline", "Known before", "Second offline"]
    assert {t["title"] for t in ada.tasks("completed")} == {"Known before"}


def test_what_a_closed_tab_asked_offline_is_done_by_the_next(
    page: Page, address: str, ada: Account
) -> None:
    other = opened(page.context, address, "/all")
    live(other)
    page.context.set_offline(True)
    other.fill("input[name=quick]", "Left behind")
    other.keyboard.press("Enter")
    expect(row(other, "Left behind")).to_have_count(1)
    other.close()
    page.context.set_offline(False)
    page.reload()
    expect(row(page, "Left behind")).to_have_count(1)
    expect(page.locator(".row .sending")).to_have_count(0)
    assert ada.titles() == ["Left behind"]


def test_a_lost_answer_does_nothing_twice(page: Page, ada: Account) -> None:
    lost: list[int] = []

    def lose_the_first(route: Route) -> None:
        if lost or route.request.method != "POST":
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort()

    page.route("**/api/v1/tasks/quick", lose_the_first)
    page.fill("input[name=quick]", "Once and no more")
    page.keyboard.press("Enter")
    expect(row(page, "Once and no more")).to_have_count(1)
    expect(page.locator(".row .sending")).to_have_count(0)
    page.unroute("**/api/v1/tasks/quick")
    assert lost == [201]
    assert ada.titles() == ["Once and no more"]


def test_what_is_done_with_a_task_while_its_creation_is_answered_stays(
    page: Page, ada: Account
) -> None:
    held: list[Route] = []
    page.route("**/api/v1/tasks/quick", lambda route: held.append(route))
    page.fill("input[name=quick]", "Called by its key")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    row(page, "Called by its key").locator(".title").focus()
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    description = page.locator("aside textarea[name=description]")
    description.focus()
    page.keyboard.type("Before it has an id")
    held[0].continue_()
    expect(page.locator(".row .sending")).to_have_count(0)
    page.keyboard.type(" and afterwards")
    expect(description).to_have_value("Before it has an id and afterwards")
    expect(page.locator(".row.selected[aria-current=true]")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(row(page, "Called by its key").locator(".title")).to_be_focused()
    wait_until(
        lambda: [t["description"] for t in ada.tasks()] == ["Before it has an id and afterwards"]
    )
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.unroute("**/api/v1/tasks/quick")


def test_a_conflict_shows_both_versions_and_lets_a_person_choose(page: Page, ada: Account) -> None:
    task = ada.create("As it was")
    row(page, "As it was").locator(".title").click()
    field = page.locator("textarea[name=title]")
    field.fill("As I want it")
    ada.api.patch(f"/tasks/{task['id']}", json={"title": "As others want it"})
    expect(row(page, "As others want it")).to_have_count(1)
    assert field.input_value() == "As I want it"
    field.blur()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("As I want it")
    expect(dialog).to_contain_text("As others want it")
    dialog.get_by_role("button", name="Keep yours").click()
    expect(row(page, "As I want it")).to_have_count(1)
    assert ada.titles() == ["As I want it"]


def test_changes_of_other_fields_are_no_conflict(page: Page, ada: Account) -> None:
    task = ada.create("As it was")
    row(page, "As it was").locator(".title").click()
    page.context.set_offline(True)
    page.locator("aside").get_by_label("Day").fill("2031-01-02")  # by the same person
    page.locator("aside textarea[name=title]").fill("As I want it")
    page.locator("h1").click()
    expect(page.locator(".state")).to_have_text("Offline: 2 changes wait")
    ada.api.patch(f"/tasks/{task['id']}", json={"priority": "high"}).raise_for_status()
    page.context.set_offline(False)
    expect(page.locator(".row .sending")).to_have_count(0)
    wait_until(lambda: ada.titles() == ["As I want it"])
    expect(page.get_by_role("dialog")).to_have_count(0)
    [now] = ada.tasks()
    assert (now["priority"], now["due_on"]) == ("high", "2031-01-02")
    page.locator("h1").click()
    page.keyboard.press("z")
    wait_until(lambda: ada.titles() == ["As it was"])


def test_a_task_is_completed_and_undone_by_a_key(page: Page, ada: Account) -> None:
    ada.create("By hand")
    expect(row(page, "By hand")).to_have_count(1)
    page.locator("body").press("j")
    page.keyboard.press("e")
    expect(row(page, "By hand")).to_have_count(0)
    page.keyboard.press("z")
    expect(row(page, "By hand")).to_have_count(1)
    expect(page.locator(".row .sending")).to_have_count(0)
    [task] = ada.tasks()
    assert task["status"] == "open"


def test_everything_of_a_day_is_done_by_the_keyboard_alone(page: Page, ada: Account) -> None:
    page.locator("body").press("n")
    page.keyboard.type("Typed only")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(row(page, "Typed only")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(row(page, "Typed only")).to_contain_text("Tomorrow")
    page.keyboard.press("Enter")
    expect(page.locator("aside textarea[name=title]")).to_have_value("Typed only")
    for _ in range(4):  # past the rows of the list
        page.keyboard.press("Tab")
    page.keyboard.type("With a description")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("aside")).to_have_count(0)
    expect(row(page, "Typed only").locator(".title")).to_be_focused()
    wait_until(lambda: [task["description"] for task in ada.tasks()] == ["With a description"])
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("add a task")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")
    expect(row(page, "Typed only")).to_have_count(1)


def test_the_address_is_the_state(page: Page, ada: Account) -> None:
    ada.create("Low", priority="low")
    ada.create("High", priority="high")
    page.get_by_role("button", name="high", exact=True).click()
    expect(page.locator(".row")).to_have_count(1)
    row(page, "High").locator(".title").click()
    expect(page).to_have_url(re.compile(r"/all\?priority=high&task="))
    page.reload()
    expect(page.locator("aside textarea[name=title]")).to_have_value("High")
    page.go_back()
    expect(page.locator("aside")).to_have_count(0)
    page.go_back()
    expect(page.locator(".row")).to_have_count(2)


def test_selected_tasks_are_changed_together_and_undone_together(page: Page, ada: Account) -> None:
    for number in range(3):
        ada.create(f"Number {number}")
    expect(page.locator(".row")).to_have_count(3)
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method + request.url[-11:]))
    page.get_by_role("toolbar").get_by_role("button", name="Complete").click()
    expect(page.locator(".row")).to_have_count(1)
    page.locator(".toast", has_text="Changed 2 tasks").get_by_role("button", name="Undo").click()
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator(".row .sending")).to_have_count(0)
    first, undo = [each for each in sent if each.startswith("POST")]
    assert (first, undo[-5:]) == ("POST/tasks/bulk", "/undo")
    assert [task["status"] for task in ada.tasks()] == ["open"] * 3


def test_what_is_selected_moves_to_tomorrow_with_its_time_of_day(page: Page, ada: Account) -> None:
    timed = ada.create("At ten", due_at="2020-01-01T10:00:00Z")
    ada.create("Some day", due_on="2020-01-01")
    ada.create("Any time")
    expect(page.locator(".row")).to_have_count(3)
    for _ in range(3):
        page.keyboard.press("j")
        page.keyboard.press("x")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method + request.url[-11:]))
    page.get_by_role("toolbar").get_by_role("button", name="Tomorrow").click()
    expect(page.locator(".row", has_text="Tomorrow")).to_have_count(3)
    expect(page.locator(".row .sending")).to_have_count(0)
    assert ada.api.get(f"/tasks/{timed['id']}").json()["due_at"].endswith("T10:00:00Z")
    assert sum(task["due_on"] is not None for task in ada.tasks()) == 2
    page.locator("body").press("z")
    expect(page.locator(".row", has_text="Tomorrow")).to_have_count(0)
    expect(page.locator(".row .sending")).to_have_count(0)
    assert {task["title"]: task["due_at"] or task["due_on"] for task in ada.tasks()} == {
        "At ten": "2020-01-01T10:00:00Z",
        "Some day": "2020-01-01",
        "Any time": None,
    }
    changing, undo = [each for each in sent if each.startswith("POST")]
    assert (changing, undo[-5:]) == ("POST/tasks/bulk", "/undo")


def test_what_is_selected_moves_to_a_day(page: Page, ada: Account) -> None:
    for title in ("One", "Other"):
        ada.create(title, due_on="2020-01-01")
    expect(page.locator(".row")).to_have_count(2)
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    page.get_by_role("toolbar").get_by_label("Day").fill("2031-05-06")
    page.get_by_role("toolbar").get_by_role("button", name="Move").click()
    expect(page.get_by_role("toolbar")).to_have_count(0)
    expect(page.locator(".row .sending")).to_have_count(0)
    assert [task["due_on"] for task in ada.tasks()] == ["2031-05-06"] * 2


def test_what_a_task_refuses_is_said_and_does_not_keep_the_others(page: Page, ada: Account) -> None:
    gone = ada.create("Gone meanwhile")
    ada.create("Still there")
    expect(page.locator(".row")).to_have_count(2)
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    page.context.set_offline(True)
    page.get_by_role("toolbar").get_by_role("button", name="Complete").click()
    expect(page.locator(".row")).to_have_count(0)
    ada.api.delete(f"/tasks/{gone['id']}").raise_for_status()
    page.context.set_offline(False)
    expect(page.locator(".toast.bad")).to_contain_text("1 task stayed unchanged")
    assert {task["title"] for task in ada.tasks("completed")} == {"Still there"}


def test_tags_that_two_people_add_at_the_same_time_are_both_there(page: Page, ada: Account) -> None:
    task = ada.create("Tagged twice", tags=["home", "old"])
    row(page, "Tagged twice").locator(".title").click()
    panel = page.locator("aside")
    page.context.set_offline(True)
    panel.get_by_label("Add a tag").fill("garden")
    page.keyboard.press("Enter")
    panel.get_by_role("button", name="Remove the tag old").click()
    expect(row(page, "Tagged twice")).to_contain_text("garden")
    ada.api.post(f"/tasks/{task['id']}/tags", json={"tags": ["tools"]}).raise_for_status()
    page.context.set_offline(False)
    expect(row(page, "Tagged twice")).to_contain_text("tools")
    expect(page.locator(".row .sending")).to_have_count(0)
    assert sorted(ada.tasks()[0]["tags"]) == ["garden", "home", "tools"]
    page.locator("h1").click()
    page.keyboard.press("z")
    expect(row(page, "Tagged twice")).to_contain_text("old")
    expect(row(page, "Tagged twice")).to_contain_text("tools")


def test_a_list_is_saved_renamed_and_deleted(page: Page, address: str, ada: Account) -> None:
    ada.create("Urgent", priority="high")
    ada.create("Whenever", priority="low")
    page.goto(f"{address}/all?priority=high")
    live(page)
    page.locator(".tools summary").click()
    page.get_by_role("textbox", name="Name").fill("What matters")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What matters")
    expect(page.locator(".row")).to_have_count(1)
    [saved] = ada.api.get("/searches").json()["items"]
    assert (saved["filter"]["priority"], saved["filter"]["status"]) == ("high", "open")
    row(page, "Urgent").locator(".tick").click()
    expect(page.locator(".row")).to_have_count(0)
    page.locator(".tools summary").click()
    page.get_by_role("textbox", name="Name").fill("First things")
    page.keyboard.press("Enter")
    place = page.get_by_role("navigation").get_by_role("link", name="First things")
    expect(place).to_have_attribute("aria-current", "page")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("First things")
    page.locator(".tools summary").click()
    page.locator(".menu").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("All tasks")
    expect(place).to_have_count(0)
    assert ada.api.get("/searches").json()["items"] == []


def test_a_changed_rule_is_saved_after_it_was_shown_what_it_does(page: Page, ada: Account) -> None:
    task = ada.create("Bins", due_on=str(datetime.now(UTC).date() + timedelta(days=2)))
    path = f"/tasks/{task['id']}/recurrence"
    ada.api.put(path, json={"rrule": "FREQ=DAILY"}).raise_for_status()
    row(page, "Bins").locator(".title").click()
    panel = page.locator("aside")
    panel.get_by_role("button", name="Change").click()
    panel.get_by_role("combobox", name="How it repeats").select_option("weekly")
    panel.get_by_role("button", name="Show what changes").click()
    expect(panel.locator(".notice")).to_contain_text("dates go away")
    assert ada.api.get(path).json()["series"]["rrule"].startswith("FREQ=DAILY")
    panel.get_by_label("all of them").check()
    expect(panel.locator(".notice")).to_have_count(0)  # another scope does something else
    panel.get_by_role("button", name="Show what changes").click()
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("button", name="Stop repeating")).to_be_visible()
    expect(panel).to_contain_text("every week on ")
    assert ada.api.get(path).json()["series"]["rrule"].startswith("FREQ=WEEKLY")
    ada.api.delete(path).raise_for_status()


def test_a_rule_is_written_in_words_and_ends_in_a_series(page: Page, ada: Account) -> None:
    task = ada.create("Bins", due_on="2030-01-01")
    row(page, "Bins").locator(".title").click()
    panel = page.locator("aside")
    panel.locator("dd", has_text="never").get_by_role("button", name="Change").click()
    panel.get_by_role("combobox", name="How it repeats").select_option("in-words")
    panel.get_by_label("in words").fill("every other tuesday")
    expect(panel.locator("ol li")).to_have_count(5)
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("button", name="Stop repeating")).to_be_visible()
    expect(panel).to_contain_text("every other week on Tuesday")
    body = ada.api.get(f"/tasks/{task['id']}/recurrence").json()
    assert "INTERVAL=2" in body["series"]["rrule"]
    ada.api.delete(f"/tasks/{task['id']}/recurrence").raise_for_status()


def test_twelve_tabs_have_one_stream(browser: Browser, address: str, ada: Account) -> None:
    first = logged_in(browser, address, ada)
    context = first.context
    streams: list[str] = []

    def count(request: Request) -> None:
        if "/stream?" in request.url:
            streams.append(request.url)

    context.on("request", count)
    tabs = [opened(context, address, "/all") for _ in range(11)]
    for tab in tabs:
        live(tab)
    assert streams == []
    ada.create("For every tab")
    for tab in tabs:
        expect(row(tab, "For every tab")).to_have_count(1)
    first.close()  # it listened: another takes over
    ada.create("After the first")
    for tab in tabs:
        expect(row(tab, "After the first")).to_have_count(1)
    assert len(streams) == 1
    context.close()


def test_logging_out_in_one_tab_ends_all_and_leaves_nothing(
    browser: Browser, address: str, ada: Account
) -> None:
    first = logged_in(browser, address, ada)
    second = opened(first.context, address)
    live(second)
    first.get_by_role("button", name="Log out").click()
    for page in (first, second):
        expect(page.locator("form input[name=password]")).to_be_visible()
        assert "Plants" not in page.content()
    assert (
        evaluate(second, "indexedDB.databases().then((found) => found.map((each) => each.name))")
        == []
    )
    assert evaluate(second, "localStorage.length") == 0
    assert first.context.cookies() == []
    first.context.close()


def test_texts_that_look_like_code_are_shown_as_text(page: Page, ada: Account) -> None:
    ran: list[str] = []
    page.on("dialog", lambda dialog: ran.append(dialog.message))
    for text in HOSTILE:
        ada.create(
            text.replace("\t", " "),
            description=text,
            tags=[squeezed(text.replace(",", " "))[:40].strip()],
        )
    page.goto(page.url.split("?")[0] + "?sort=-created_at")
    live(page)
    expect(page.locator(".row")).to_have_count(len(HOSTILE))
    shown = page.locator(".row .title").all_text_contents()
    assert [squeezed(text) for text in shown] == [squeezed(text) for text in reversed(HOSTILE)]
    for number in (0, len(HOSTILE) // 2, len(HOSTILE) - 1):
        page.locator(".row .title").nth(number).click()
        expect(page.locator("aside textarea[name=description]")).to_have_value(
            list(reversed(HOSTILE))[number]
        )
    assert (
        page.locator(
            "main :is(script, img, iframe, object, embed, style, base, svg script)"
        ).count()
        == 0
    )
    assert ran == []
    assert evaluate(page, "window.hacked") is None


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_the_cookie_is_of_no_use_to_another_site(page: Page, address: str) -> None:
    [cookie] = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    answer = httpx.post(
        f"{address}/api/v1/auth/refresh",
        json={},
        headers={"Origin": "https://evil.example", "Cookie": f"{cookie['name']}={cookie['value']}"},
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/today", "/all", "/upcoming", "/search?q=word"])
def test_nothing_is_cut_off_at_320_pixels(
    page: Page, address: str, ada: Account, path: str
) -> None:
    ada.create(
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3, due_on="2020-01-01"
    )
    ada.create("اتصل بالمكتبة", tags=["مكتبة"])
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address + path)
    live(page)
    assert evaluate(page, "document.documentElement.scrollWidth") <= 320
    assert evaluate(page, "document.querySelector('main').scrollWidth") <= 320
    assert evaluate(page, "document.querySelector('nav').scrollWidth") <= 320
    page.set_viewport_size({"width": 1280, "height": 800})


SCREENS = ["/today", "/upcoming", "/all?priority=high", "/search?q=plants", "/trash"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_any_screen(
    page: Page, address: str, ada: Account, scheme: Any
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    task = ada.create("Water the plants", due_on="2020-01-01", tags=["home"], priority="high")
    ada.create("Plants for the balcony", due_at="2040-01-01T10:00:00Z", priority="low")
    found = {}
    for path in [*SCREENS, f"/all?task={task['id']}", f"/tasks/{task['id']}"]:
        page.goto(address + path)
        live(page)
        expect(page.locator("h1, textarea[name=title]").first).to_be_visible()
        found[path] = violations(page)
    page.locator("body").press("?")
    found["keys"] = violations(page)
    page.keyboard.press("Escape")
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_logging_in(
    browser: Browser, address: str, scheme: Any
) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = opened(context, address)
    expect(page.locator("form")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Create an account").click()
    assert violations(page) == []
    context.close()


def test_what_is_added_on_the_screen_of_a_day_is_due_on_it(
    page: Page, address: str, ada: Account
) -> None:
    page.goto(f"{address}/today")
    live(page)
    page.fill("input[name=quick]", "Buy milk #home")
    page.keyboard.press("Enter")
    expect(row(page, "Buy milk")).to_have_count(1)
    expect(page.locator(".row .sending")).to_have_count(0)
    [task] = ada.tasks()
    assert (task["title"], task["tags"]) == ("Buy milk", ["home"])
    assert task["due_on"] is not None
    page.context.set_offline(True)
    page.fill("input[name=quick]", "Buy bread")
    page.keyboard.press("Enter")
    page.fill("input[name=quick]", "Buy tea tomorrow")
    page.keyboard.press("Enter")
    expect(row(page, "Buy tea tomorrow")).to_contain_text("sending")
    page.context.set_offline(False)
    expect(page.locator(".row .sending")).to_have_count(0)
    due = {each["title"]: each["due_on"] for each in ada.tasks()}
    assert due["Buy bread"] == task["due_on"] < due["Buy tea"]


def test_a_list_takes_tasks_and_is_deleted_without_them(page: Page, ada: Account) -> None:
    page.get_by_role("button", name="Add a list").click()
    page.get_by_role("textbox", name="Name of the list").fill("At home")
    page.keyboard.press("Enter")
    page.get_by_role("navigation").get_by_role("link", name="At home").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("At home")
    page.fill("input[name=quick]", "Sort the cellar")
    page.keyboard.press("Enter")
    expect(row(page, "Sort the cellar")).to_have_count(1)
    expect(page.locator(".row .sending")).to_have_count(0)
    [task] = ada.tasks()
    assert task["list_id"] is not None
    page.locator(".tools summary").click()
    page.locator(".menu").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep them, in no list").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("All tasks")
    expect(row(page, "Sort the cellar")).to_have_count(1)
    expect(page.get_by_role("navigation").get_by_role("link", name="At home")).to_have_count(0)


def test_what_waits_when_the_session_ends_is_sent_after_the_next_login(
    browser: Browser, address: str
) -> None:
    grace = register(address)
    page = logged_in(browser, address, grace)
    page.context.set_offline(True)
    expect(page.locator(".state")).to_have_text("Offline")
    page.fill("input[name=quick]", "Written on a train")
    page.keyboard.press("Enter")
    expect(page.locator(".state")).to_have_text("Offline: 1 change waits")
    grace.api.delete("/auth/sessions", params={"except": "current"}).raise_for_status()
    page.context.clear_cookies()
    page.context.set_offline(False)
    page.reload()
    page.fill("input[name=email]", grace.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("form button.primary")
    live(page)
    page.goto(f"{address}/all")
    expect(row(page, "Written on a train")).to_have_count(1)
    expect(page.locator(".row .sending")).to_have_count(0)
    assert grace.titles() == ["Written on a train"]
    page.context.close()


def test_nothing_of_one_account_is_left_for_the_next(
    browser: Browser, address: str, ada: Account
) -> None:
    grace = register(address)
    grace.create("Private to Grace", due_on="2020-01-01")
    page = logged_in(browser, address, grace)
    expect(row(page, "Private to Grace")).to_have_count(1)
    page.context.set_offline(True)
    expect(page.locator(".state")).to_have_text("Offline")
    page.fill("input[name=quick]", "Never sent by Grace")
    page.keyboard.press("Enter")
    expect(page.locator(".state")).to_have_text("Offline: 1 change waits")
    context = page.context
    # A page that is closed is on the network again for its last moment, and one that crashes not.
    with suppress(PlaywrightError):
        page.goto("chrome://crash")
    page.close()
    context.clear_cookies()
    context.set_offline(False)
    page = opened(context, address)
    page.fill("input[name=email]", ada.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("form button.primary")
    live(page)
    page.goto(f"{address}/all")
    live(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("All tasks")
    assert "Grace" not in page.content()
    names = evaluate(page, "indexedDB.databases().then((all) => all.map((each) => each.name))")
    me = ada.api.get("/auth/me").json()["id"]
    assert {*names} == {f"annals-{me} commands", f"annals-{me} seen"}
    assert grace.titles() == ["Private to Grace"]
    assert not any("Grace" in title for title in ada.titles())
    page.context.close()


def test_a_killed_server_is_noticed_and_nothing_is_missed(
    page: Page, tree: DevProcess, ada: Account
) -> None:
    ada.create("Before")
    expect(row(page, "Before")).to_have_count(1)
    os.kill(tree.serving()[0], SIGKILL)
    row(page, "Before").locator(".tick").click()
    expect(row(page, "Before")).to_have_count(0)
    retried(lambda: ada.create("While it starts"))
    expect(row(page, "While it starts")).to_have_count(1, timeout=30_000)
    live(page)
    assert {t["title"] for t in ada.tasks("completed")} == {"Before"}


def test_after_many_changes_by_others_the_page_shows_what_the_api_says(
    page: Page, address: str, ada: Account
) -> None:
    page.goto(f"{address}/all?sort=due_at&status=open,completed")
    live(page)
    draw = random.Random(SEED)
    ids = [ada.create(f"Task {number}")["id"] for number in range(8)]
    for step in range(80):
        task = draw.choice(ids)
        change = draw.randint(0, 5)
        if change == 0:
            ids.append(ada.create(f"New {step}", due_on=f"2031-01-{draw.randint(10, 28)}")["id"])
        elif change == 1:
            ada.api.post(f"/tasks/{task}/{draw.choice(['complete', 'reopen', 'restore'])}")
        elif change == 2:
            ada.api.delete(f"/tasks/{task}")
        else:
            fields = {"title": f"Title {step}", "due_on": f"2031-02-{draw.randint(10, 28)}"}
            ada.api.patch(f"/tasks/{task}", json=fields)
    expected = [task["title"] for task in ada.tasks(sort="due_at")]
    expect(page.locator(".row .title")).to_have_text(expected)


def retried(act: Callable[[], Any]) -> None:
    """Act once the server answers again."""

    def acted() -> bool:
        try:
            act()
        except (httpx.TransportError, AssertionError):
            return False
        return True

    wait_until(acted, lambda: "the server does not come back", within=30)


def test_undoing_a_completion_takes_back_the_occurrence_that_it_made(
    page: Page, ada: Account
) -> None:
    task = ada.create("Water the balcony", due_on="2030-01-01")
    rule = {"rrule": "FREQ=DAILY"}
    ada.api.put(f"/tasks/{task['id']}/recurrence", json=rule).raise_for_status()
    expect(row(page, "Water the balcony")).to_have_count(1)
    row(page, "Water the balcony").locator(".tick").click()
    expect(row(page, "Water the balcony")).to_contain_text("2 Jan")
    page.locator(".toast", has_text="Done").get_by_role("button", name="Undo").click()
    expect(row(page, "Water the balcony").filter(has_text="2 Jan")).to_have_count(0)
    expect(row(page, "Water the balcony").filter(has_text="1 Jan")).to_have_count(1)
    expect(page.locator(".row .sending")).to_have_count(0)
    [left] = ada.tasks()
    assert (left["id"], left["status"]) == (task["id"], "open")
    ada.api.delete(f"/tasks/{task['id']}/recurrence").raise_for_status()


def test_what_others_changed_since_is_not_undone_unasked(page: Page, ada: Account) -> None:
    task = ada.create("Mine", due_on="2030-01-01")
    row(page, "Mine").locator(".title").click()
    page.locator("aside").get_by_label("Priority").select_option("high")
    address = f"/tasks/{task['id']}"
    wait_until(lambda: ada.api.get(address).json()["priority"] == "high")
    ada.api.patch(address, json={"priority": "low"}).raise_for_status()
    expect(page.locator("aside").get_by_label("Priority")).to_have_value("low")
    page.locator("h1").click()
    page.keyboard.press("z")
    expect(page.locator(".toast.bad")).to_contain_text("It was changed again since.")
    expect(page.locator("aside").get_by_label("Priority")).to_have_value("low")


def test_a_reminder_is_set_and_undone(page: Page, ada: Account) -> None:
    ada.create("Dentist", due_at="2030-01-01T10:00:00Z")
    row(page, "Dentist").locator(".title").click()
    reminders = page.locator("aside .reminders li")
    expect(reminders).to_have_count(1)
    page.get_by_label("Add a reminder").select_option("PT1H")
    expect(reminders).to_have_count(2)
    page.locator("h1").click()
    page.keyboard.press("z")
    expect(reminders).to_have_count(1)
