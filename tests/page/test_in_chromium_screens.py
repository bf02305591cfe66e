"""Time, changes, inbox, settings, audit trail and console in Chromium."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import psycopg
import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.axe import violations
from tests.page.browser import PASSWORD, Account, evaluate, live, logged_in, register
from tests.page.hostile_texts import HOSTILE
from tests.support.processes.dev_process import DevProcess, annals

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenbefestigung"
RIGHT_TO_LEFT = "اتصل بالمكتبة"


@pytest.fixture(scope="module")
def grace(tree: DevProcess) -> Account:
    """An administrator with a task of several versions."""
    account = register(tree.address)
    settings = {"database_url": tree.database_url, "keys_dir": str(tree.folder / "keys")}
    granted = annals("users", "grant", account.email, "admin", **settings)
    assert granted.returncode == 0, granted.stderr
    return account


@pytest.fixture(scope="module")
def gone(grace: Account) -> dict[str, Any]:
    """A task that was changed, completed and deleted."""
    task = grace.create(f"{RIGHT_TO_LEFT} {LONG}", tags=["home"])
    path = f"/tasks/{task['id']}"
    grace.api.patch(path, json={"priority": "high", "due_on": "2030-02-01"}).raise_for_status()
    grace.api.post(f"{path}/complete").raise_for_status()
    grace.api.delete(path).raise_for_status()
    return task


@pytest.fixture(scope="module")
def graces_page(browser: Browser, address: str, grace: Account) -> Iterator[Page]:
    page = logged_in(browser, address, grace)
    yield page
    page.context.close()


@pytest.fixture
def at(graces_page: Page, address: str) -> Callable[[str], Page]:
    """Open a screen of Grace's page."""

    def go(path: str) -> Page:
        graces_page.goto(address + path)
        live(graces_page)
        return graces_page

    return go


def line(page: Page, text: str) -> Any:
    return page.locator(".entry").filter(has_text=text)


def test_a_task_is_shown_as_it_was_and_made_so_again(
    at: Callable[[str], Page], grace: Account
) -> None:
    task = grace.create("Water the plants")
    grace.api.patch(f"/tasks/{task['id']}", json={"title": "Water the cactus"}).raise_for_status()
    page = at(f"/time/{task['id']}")
    expect(page.locator(".then h2")).to_have_text("Water the cactus")
    expect(page.locator(".timeline > li")).to_have_count(2)
    expect(page.locator(".timeline .at del")).to_have_text("Water the plants")
    expect(page.locator(".timeline .at")).to_contain_text("you")
    page.locator(".slider").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".then h2")).to_have_text("Water the plants")
    assert page.url.endswith("version=1")
    page.get_by_role("button", name="Make it so again").click()
    expect(page.locator(".then h2")).to_have_text("Water the plants")
    expect(page.locator(".timeline > li")).to_have_count(3)
    assert grace.api.get(f"/tasks/{task['id']}").json()["title"] == "Water the plants"


def test_a_deleted_task_has_a_history_too(at: Callable[[str], Page], gone: dict[str, Any]) -> None:
    page = at(f"/time/{gone['id']}?version=1")
    expect(page.locator(".then h2")).to_have_text(gone["title"])
    expect(page.locator(".timeline > li").first).to_contain_text("Deleted")


def test_a_change_is_undone_as_a_whole(at: Callable[[str], Page], grace: Account) -> None:
    page = at("/time")
    task = grace.create("Undone from the list of changes")
    made = line(page, "Undone from the list of changes")
    made.get_by_role("button", name=re.compile("^Undo")).click()
    expect(page.locator(".entry.done").first).to_contain_text("Undone from the list of changes")
    answer = grace.api.get("/tasks", params={"status": "deleted"}).json()
    assert task["id"] in {each["id"] for each in answer["items"]}


def test_a_notification_reaches_the_inbox_and_is_read(
    at: Callable[[str], Page], grace: Account
) -> None:
    wanted = {"topics": ["reminder", "task.completed"]}
    grace.api.put("/me/notifications", json=wanted).raise_for_status()
    read = grace.api.post("/inbox/read-all")
    shown = {"Annals-Min-Position": read.headers["Annals-Position"]}
    assert grace.api.get("/inbox", headers=shown).json()["unread"] == 0
    page = at("/inbox")
    task = grace.create("Rings in the inbox")
    grace.api.post(f"/tasks/{task['id']}/complete").raise_for_status()
    expect(line(page, "Rings in the inbox")).to_have_class(re.compile("unread"))
    expect(page.locator(".badge")).to_have_text("1")
    line(page, "Rings in the inbox").get_by_role("button", name="Mark as read").click()
    expect(page.locator(".badge")).to_have_count(0)
    line(page, "Rings in the inbox").get_by_role("button", name="Mark as unread").click()
    expect(page.locator(".badge")).to_have_text("1")
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator(".badge")).to_have_count(0)
    assert grace.api.get("/inbox").json()["unread"] == 0


def test_preferences_are_saved_as_they_were_chosen(
    at: Callable[[str], Page], grace: Account
) -> None:
    page = at("/settings/notifications")
    page.select_option("select[name=web_push]", "offline")
    page.check("input[name=default_reminders][value=PT1H]")
    page.uncheck("input[name=topics][value='task.completed']")
    page.fill("input[name=quiet_from]", "22:00")
    page.fill("input[name=quiet_until]", "07:00")
    page.click("form button.primary")
    expect(page.locator(".toast")).to_contain_text("Saved")
    kept = grace.api.get("/me/notifications").json()
    assert kept["web_push"] == {"when": "offline"}
    assert kept["quiet_hours"] == {"start": "22:00", "end": "07:00"}
    assert "PT1H" in kept["default_reminders"]
    assert "task.completed" not in kept["topics"]


def test_a_token_is_shown_once_and_revoked(at: Callable[[str], Page], grace: Account) -> None:
    page = at("/settings/tokens")
    page.fill("input[name=name]", "Backup")
    page.click("form button.primary")
    expect(page.locator(".secret")).to_contain_text("annals_pat_")
    [token] = grace.api.get("/auth/tokens").json()["items"]
    assert (token["name"], token["scopes"]) == ("Backup", ["tasks:read"])
    page.reload()
    expect(line(page, "Backup")).to_have_count(1)
    expect(page.locator(".secret")).to_have_count(0)
    line(page, "Backup").get_by_role("button", name="Revoke: Backup").click()
    expect(line(page, "Backup")).to_have_count(0)
    assert grace.api.get("/auth/tokens").json()["items"] == []


def test_a_wrong_password_changes_nothing_and_says_so(at: Callable[[str], Page]) -> None:
    page = at("/settings/security")
    page.fill("input[name=old_password]", "not my password")
    page.fill("input[name=new_password]", "another long password")
    page.get_by_role("button", name="Change the password").click()
    expect(page.locator(".toast.bad")).to_be_visible()
    expect(page.locator("input[name=old_password]")).to_have_value("not my password")


def test_an_app_with_codes_becomes_a_second_factor(browser: Browser, address: str) -> None:
    careful = register(address)
    page = logged_in(browser, address, careful)
    page.goto(f"{address}/settings/security")
    page.locator("section").last.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Add an app with codes").click()
    secret = page.locator("form code").inner_text()
    page.fill("input[name=code]", pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".codes li")).to_have_count(10)
    expect(page.locator(".entry")).to_contain_text("App with codes")
    factors = careful.api.get("/auth/me/second-factors").json()
    assert [each["kind"] for each in factors["items"]] == ["totp"]
    page.context.close()


def test_another_session_is_ended(
    at: Callable[[str], Page], browser: Browser, address: str, grace: Account
) -> None:
    other = logged_in(browser, address, grace, user_agent="Mozilla/5.0 (X11; Linux) Firefox/140.0")
    page = at("/settings/sessions")
    expect(page.locator(".entry").first).to_be_visible()
    before = page.locator(".entry").count()
    line(page, "Firefox").get_by_role("button").click()
    expect(page.locator(".entry")).to_have_count(before - 1)
    other.context.close()


def test_an_account_is_deleted_only_with_its_password(browser: Browser, address: str) -> None:
    leaving = register(address)
    page = logged_in(browser, address, leaving)
    page.goto(f"{address}/settings/account")
    page.get_by_role("button", name="Delete the account").click()
    page.locator("section").last.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("button", name="Delete for good")).to_have_count(0)
    expect(page.locator("form input[name=email]")).to_be_visible()
    login = {"email": leaving.email, "password": PASSWORD}
    assert leaving.api.post("/auth/login", json=login).status_code == 401
    page.context.close()


def test_the_audit_trail_is_filtered_by_its_address_and_exported(
    at: Callable[[str], Page], gone: dict[str, Any]
) -> None:
    page = at(f"/audit?entity_type=task&entity_id={gone['id']}")
    completed = line(page, "Completed")
    completed.locator("summary").click()
    expect(completed.locator("del")).to_have_text("open")
    expect(completed.locator("ins")).to_have_text("done")
    page.fill("input[name=action]", "task.deleted")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".entry")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as NDJSON").click()
    [entry] = map(json.loads, download.value.path().read_text().splitlines())
    assert (entry["action"], entry["entity_id"]) == ("task.deleted", gone["id"])


def test_an_account_is_disabled_and_enabled_in_the_console(
    at: Callable[[str], Page], address: str
) -> None:
    other = register(address)
    page = at(f"/console/accounts?q={other.email}")
    line(page, other.email).get_by_role("button").click()
    page.locator("dialog input[name=reason]").fill("A test")
    page.locator("dialog").get_by_role("button", name="Disable", exact=True).click()
    line(page, other.email).get_by_role("button", name=f"Enable: {other.email}").click()
    expect(line(page, other.email).get_by_role("button")).to_have_text("Disable")


def test_the_console_follows_the_log_and_shows_what_caused_what(
    at: Callable[[str], Page], grace: Account
) -> None:
    task = grace.create("Followed in the console")
    page = at(f"/console/log?stream={task['id']}")
    expect(page.locator(".entry").last).to_contain_text("task.created")
    grace.api.post(f"/tasks/{task['id']}/complete").raise_for_status()
    expect(page.locator(".entry").first).to_contain_text("task.completed")
    page.locator(".entry").first.get_by_role("link", name="What caused what").click()
    expect(page.locator(".tree > li").first).to_contain_text("task.completed")
    page.locator(".tree").get_by_role("link", name="Stream").first.click()
    page.fill("input[name=reason]", "To see that it works")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("section h2")).to_contain_text(["task.created", "task.completed"])
    expect(page.locator("pre ins", has_text='"status": "completed"')).to_have_count(1)


def test_the_console_shows_the_readers_of_the_log(at: Callable[[str], Page]) -> None:
    page = at("/console/views")
    expect(page.get_by_role("row", name=re.compile("task_list"))).to_contain_text("0")


def test_a_view_is_rebuilt_and_verified_in_the_console_while_the_page_goes_on(
    at: Callable[[str], Page], tree: DevProcess, grace: Account
) -> None:
    task = grace.create("Forged in the view alone")
    grace.titles()  # the view has it
    with psycopg.connect(tree.database_url, autocommit=True) as connection:
        connection.execute("UPDATE task_list SET title = 'x' WHERE id = %s", (task["id"],))
        page = at("/console/views")

        def run(how: str) -> Any:
            page.get_by_role("button", name=f"{how}: task_list").click()
            page.locator("dialog").get_by_role("button", name=how, exact=True).click()
            return line(page, f"{how}: task_list").first

        verified = run("Verify")
        expect(verified).to_contain_text(re.compile("1 of [0-9]+ rows differ"), timeout=30_000)
        expect(verified.locator(".differences")).to_contain_text(f"{task['id']} ")
        with connection.transaction():
            # Another process has the view: the run waits, says so, and is cancelled.
            connection.execute(
                "SELECT pg_advisory_lock(hashtext('annals shadow'), hashtext('rebuild task_list'))"
            )
        waiting = run("Rebuild")
        expect(waiting).to_contain_text("waits for another process", timeout=30_000)
        expect(waiting.get_by_role("progressbar")).to_be_visible()
        waiting.get_by_role("button", name="Cancel: Rebuild: task_list").click()
        expect(waiting).to_contain_text("cancelled", timeout=30_000)
    rebuilt = run("Rebuild")
    expect(rebuilt).to_contain_text("up to position", timeout=30_000)
    expect(page.locator(".toast").last).to_contain_text("Rebuild: task_list: done")
    assert "Forged in the view alone" in grace.titles()
    trail = grace.api.get("/audit", params={"entity_type": "view_run"}).json()["items"]
    assert {each["action"] for each in trail} > {"view_run.requested", "view_run.cancelled"}


def test_a_parked_event_is_looked_at_retried_and_discarded_in_the_console(
    at: Callable[[str], Page], tree: DevProcess, grace: Account
) -> None:
    task = grace.create("Poisons a view")
    position = int(grace.api.get(f"/tasks/{task['id']}").headers["Annals-Position"])
    grace.titles()  # the view has it
    with psycopg.connect(tree.database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO dead_events (view, position, stream, version, topic, error) SELECT name,"
            " %s, %s, 1, 'task.created', 'no tune' FROM unnest('{task_list,relay}'::text[]) name",
            (position, task["id"]),
        )
    page = at("/console/views")
    parked = line(page, f"relay {position}")
    parked.get_by_role("button", name=f"Retry: relay {position}").click()
    expect(page.locator(".toast.bad")).to_contain_text("discard the event")
    parked.get_by_role("button", name=f"Discard: relay {position}").click()
    expect(parked).to_have_count(0)
    line(page, f"task_list {position}").get_by_role("link", name="stream").click()
    page.fill("input[name=reason]", "To see what is wrong")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("pre").first).to_contain_text("Poisons a view")
    read = grace.api.get("/operations/log", params={"type": "operations.payload_read"}).json()
    assert read["items"]
    page = at("/console/views")
    page.get_by_role("button", name=f"Retry: task_list {position}").click()
    expect(line(page, f"task_list {position}")).to_have_count(0)


def test_the_console_is_not_for_everybody(browser: Browser, address: str) -> None:
    page = logged_in(browser, address, register(address))
    expect(page.locator(".side a[href='/console']")).to_have_count(0)
    for section in ("accounts", "views"):
        page.goto(f"{address}/console/{section}")
        expect(page.locator("main .notice")).to_have_text("You may not do this.")
        expect(page.get_by_role("button", name="Rebuild")).to_have_count(0)
    page.context.close()


def test_hostile_texts_are_shown_as_text(at: Callable[[str], Page], grace: Account) -> None:
    task = grace.create(HOSTILE[0])
    for text in HOSTILE[1:]:
        changed = grace.api.patch(f"/tasks/{task['id']}", json={"title": text})
        assert changed.status_code in (200, 422), changed.text
    for path in (f"/time/{task['id']}", "/time", f"/audit?entity_id={task['id']}"):
        page = at(path)
        expect(page.locator(".timeline > li, .entry").first).to_be_visible()
        assert evaluate(page, "document.querySelectorAll('main script, main img').length") == 0
    grace.api.delete(f"/tasks/{task['id']}")


SCHEMES: Sequence[Literal["light", "dark"]] = ("light", "dark")
SECTIONS = ("account", "security", "sessions", "notifications", "webhooks", "tokens", "calendar")
SCREENS = (
    *("/time", "/inbox", "/audit", "/console", "/console/accounts", "/console/dead-letters"),
    *("/console/views", "/console/log", "/console/stream"),
    *(f"/settings/{section}" for section in SECTIONS),
)


def test_axe_finds_nothing_wrong_and_nothing_is_cut_off_at_320_pixels(
    at: Callable[[str], Page], grace: Account, gone: dict[str, Any]
) -> None:
    grace.api.post("/auth/tokens", json={"name": LONG, "scopes": ["tasks:read"]})
    found: dict[str, Any] = {}
    for path in (*SCREENS, f"/time/{gone['id']}"):
        page = at(path)
        page.set_viewport_size({"width": 320, "height": 640})
        expect(page.locator("main h1")).to_be_visible()
        page.wait_for_load_state("networkidle")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found[f"{path} {scheme}"] = violations(page)
        width = evaluate(page, "document.documentElement.scrollWidth")
        inner = evaluate(page, "document.querySelector('main').scrollWidth")
        found[path] = ["too wide"] if max(width, inner) > 320 else []
        page.set_viewport_size({"width": 1280, "height": 800})
    assert {where: wrong for where, wrong in found.items() if wrong} == {}
