"""A German page has no word of English, no tag of an event and no duration as programs write it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.browser import Account, evaluate, live, logged_in, register
from tests.support.processes.dev_process import DevProcess, annals
from tests.support.waiting import wait_until

# What people read and hear: texts and labels, but for code and what people wrote.
CODE = (
    "noscript, code, pre, kbd, script, svg, textarea, .row .title, [name=timezone], [name=action]"
)
SAID = (
    f"""[...document.querySelectorAll("body *")].flatMap((element) =>
  element.closest("{CODE}") ? [] : ["""
    """
    ...[...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data),
    ...["aria-label", "title", "placeholder", "alt"].map((name) => element.getAttribute(name)),
  ]).filter((text) => text?.trim())"""
)
TAG = re.compile(r"\b(?!annals\b)[a-z]+(\.[a-z]+(_[a-z]+)*)+\b")
ADDRESS = re.compile(r"\S+@\S+|\bhttps?://\S+|\b127\.0\S+")
DURATION = re.compile(r"\bP(\d+[YMWD])*(T(\d+[HMS])+)?\b(?<=\d[YMWDHMS])")
ENGLISH = re.compile(
    r"\b(the|a|an|of|and|or|is|are|was|not|no|with|by|at|on|to|from|for|your|this|that|these|every|"
    r"other|week|weeks|day|days|hour|hours|minutes?|month|year|task|tasks|list|series|changed?|"
    r"created?|set|sent|added|removed|completed|deleted|started|ended|session|password|"
    r"notification|reminder|recurrence|before|after|due|open|done|none|never|medium|low|high|"
    r"email|account|actor|unknown|ready|write|writes|events?|reader|schema|delivered|because)\b",
    re.IGNORECASE,
)
# Words that are German too, or names.
BOTH = {"an", "was", "schema"}


# A Monday within a year, at nine in Berlin or an hour later.
SOON = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
SOON += timedelta(days=14 - SOON.weekday())


@pytest.fixture(scope="module")
def greta(tree: DevProcess) -> Account:
    """An administrator whose language is German, with a task of each kind."""
    greta = register(tree.address)
    settings = {"database_url": tree.database_url, "keys_dir": str(tree.folder / "keys")}
    assert annals("users", "grant", greta.email, "admin", **settings).returncode == 0
    ask(greta, "PUT", "/me/notifications", {"language": "de", "timezone": "Europe/Berlin"})
    ask(greta, "PATCH", "/auth/me", {"name": "Greta"})
    return greta


@pytest.fixture(scope="module")
def plant(greta: Account) -> dict[str, Any]:
    """A task with everything that a task can have, and a history of it."""
    home = ask(greta, "POST", "/lists", {"name": "Zuhause"})
    fields = {"due_at": SOON.isoformat(), "tags": ["Garten"], "estimate": "PT1H30M"}
    task = greta.create("Blumen gießen", priority="high", list_id=home["id"], **fields)
    path = f"/tasks/{task['id']}"
    ask(greta, "PUT", f"{path}/recurrence", {"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH"})
    ask(greta, "POST", f"{path}/reminders", {"before": "P1DT2H"})
    ask(greta, "PATCH", path, {"estimate": "PT45M", "list_id": None})
    ask(greta, "PATCH", f"/lists/{home['id']}", {"name": "Garten"})
    ask(greta, "POST", "/searches", {"name": "Wichtig", "filter": {"priority": "high"}})
    other = greta.create("Rasen mähen", due_on="2020-01-01")
    for end in ("complete", "reopen", "complete"):
        ask(greta, "POST", f"/tasks/{other['id']}/{end}")
    ringing = greta.create("Teich prüfen", due_at=SOON.isoformat())
    now = datetime.now(UTC) + timedelta(seconds=1)
    ask(greta, "POST", f"/tasks/{ringing['id']}/reminders", {"at": now.isoformat()})
    wait_until(lambda: ask(greta, "GET", "/inbox")["items"])
    skipped = greta.create("Hecke schneiden", due_on="2031-01-01")
    ask(greta, "PUT", f"/tasks/{skipped['id']}/recurrence", {"rrule": "FREQ=DAILY"})
    ask(greta, "POST", f"/tasks/{skipped['id']}/skip")
    ask(greta, "DELETE", f"/tasks/{greta.create('Laub harken')['id']}")
    return task


def ask(account: Account, method: str, path: str, body: Any = None) -> Any:
    answer = account.api.request(method, path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def page(browser: Browser, address: str, greta: Account, plant: dict[str, Any]) -> Iterator[Page]:
    page = logged_in(browser, address, greta, locale="de-DE")
    yield page
    page.context.close()


def foreign(page: Page) -> list[str]:
    """What a German does not understand of what the page says."""
    found = []
    for text in map(str, evaluate(page, SAID)):
        plain = ADDRESS.sub("", text)
        words = {hit[0].lower() for hit in ENGLISH.finditer(plain)} - BOTH
        hits = words or TAG.search(plain) or DURATION.search(plain)
        if hits:
            found.append(f"{text.strip()!r}: {words or hits}")
    return sorted(set(found))


def said(found: dict[str, list[str]]) -> str:
    return "\n".join(f"{place}: {text}" for place, texts in found.items() for text in texts)


SCREENS = (
    *("/today", "/upcoming", "/all", "/search?q=Blumen", "/trash", "/inbox", "/time"),
    *(f"/settings/{each}" for each in ("account", "security", "sessions", "notifications")),
    *(f"/settings/{each}" for each in ("webhooks", "calendar", "tokens")),
)


def test_every_screen_is_in_german(
    page: Page, address: str, greta: Account, plant: dict[str, Any]
) -> None:
    found = {}
    me = ask(greta, "GET", "/auth/me")["id"]  # the trail of others has what they wrote
    paths = [
        *SCREENS,
        f"/audit?user_id={me}",
        f"/tasks/{plant['id']}",
        f"/time/{plant['id']}",
        "/tags/Garten",
    ]
    for path in paths:
        page.goto(address + path)
        live(page)
        expect(page.locator("main h1")).to_be_visible()
        page.wait_for_load_state("networkidle")
        found[path] = foreign(page)
    assert not any(found.values()), said(found)


def test_the_console_is_in_german(
    page: Page, address: str, tree: DevProcess, greta: Account, plant: dict[str, Any]
) -> None:
    found = {}
    parked = greta.create("Geparkt")["id"]
    ringing = greta.api.get("/inbox").json()["items"][0]
    with psycopg.connect(tree.database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO dead_events (view, position, stream, version, topic, error)"
            " VALUES ('relay', 1, %s, 1, 'task.created', 'KeyError: title')",
            (parked,),
        )
        connection.execute(
            "UPDATE notifications SET state = 'dead', reason = 'x', settled_at = now()"
            " WHERE id = %s",
            (ringing["id"],),
        )
    correlation = greta.api.get(f"/operations/log?stream={plant['id']}&limit=1").json()["items"][0]
    paths = [
        *(f"/console/{each}" for each in ("", "views", "log", "dead-letters", "accounts")),
        f"/console/log?correlation={correlation['correlation_id']}",
        f"/console/stream/{plant['id']}",
    ]
    for path in paths:
        page.goto(address + path)
        live(page)
        expect(page.locator("main h1")).to_be_visible()
        page.wait_for_load_state("networkidle")
        found[path] = foreign(page)
    page.goto(f"{address}/console/dead-letters")
    page.locator("details summary").first.click()
    expect(page.locator("details li").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    found["letter"] = foreign(page)
    page.goto(f"{address}/console/stream/{plant['id']}")
    page.fill("input[name=reason]", "Zur Prüfung")
    page.get_by_role("button", name="Zeigen").click()
    expect(page.locator("section h2").first).to_contain_text("task.created")
    found["fold"] = foreign(page)
    page.goto(f"{address}/console/views")
    page.get_by_role("button", name="Prüfen: task_list").click()
    found["question"] = foreign(page)
    page.get_by_role("dialog").get_by_role("button", name="Prüfen", exact=True).click()
    expect(page.locator(".entry", has_text="Prüfen: task_list").first).to_contain_text(
        "stimmen mit dem Log überein", timeout=30_000
    )
    page.locator("details summary").last.click()
    found["run"] = foreign(page)
    greta.api.post("/operations/parked-events/relay/1/discard").raise_for_status()
    greta.api.post(f"/admin/dead-letters/{ringing['id']}/discard")  # as the log has it
    assert not any(found.values()), said(found)


def test_what_opens_on_a_screen_is_in_german(
    page: Page, address: str, plant: dict[str, Any]
) -> None:
    found = {}
    page.goto(f"{address}/all?task={plant['id']}")
    live(page)
    panel = page.locator("aside")
    expect(panel).to_contain_text("alle 2 Wochen am Montag und Donnerstag")
    expect(panel).to_contain_text("1 Tag 2 Stunden vorher")
    panel.get_by_role("button", name="Warum?").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found["why"] = foreign(page)
    page.keyboard.press("Escape")
    panel.get_by_role("button", name="Ändern").click()
    expect(panel.locator("ol li")).to_have_count(5)
    panel.get_by_role("combobox", name="Wie sie sich wiederholt").select_option("monthly")
    expect(panel).to_contain_text(f"jeden Monat am {SOON.day}.")
    panel.get_by_role("button", name="Zeigen, was sich ändert").click()
    expect(panel.locator(".notice")).to_contain_text("entfallen")
    found["rule"] = foreign(page)
    page.fill("input[name=quick]", "Rasen mähen jede Woche ~30 Minuten !hoch #garten")
    expect(page.locator(".add .chip")).to_have_count(4)
    found["quick add"] = foreign(page)
    page.fill("input[name=quick]", "Rasen mähen every 3 days")
    expect(page.locator(".add .chip")).to_have_text(["alle 3 Tage"])
    page.locator("body").press("?")
    found["keys"] = foreign(page)
    assert not any(found.values()), said(found)


def test_logging_in_is_in_german(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="de-AT")
    page = context.new_page()
    page.goto(address)
    for name in ("Neu hier? Konto anlegen", "Sie haben ein Konto? Anmelden", "Passwort vergessen?"):
        expect(page.locator("form")).to_be_visible()
        assert foreign(page) == []
        page.get_by_role("button", name=name).click()
    assert foreign(page) == []
    context.close()
