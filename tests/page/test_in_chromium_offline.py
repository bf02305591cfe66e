"""The page as an app in Chromium: installed, started without the network, notified, renewed."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from interfaces.http.page.page_files import FOLDER, MEDIA_TYPES, PageFiles, read_page_files
from interfaces.http.page.page_files import address as address_of
from tests.page.browser import PASSWORD, WIDE, Account, evaluate, live, opened, register, row
from tests.support.waiting import wait_until

READY = "navigator.serviceWorker.ready.then((found) => found.active.scriptURL)"
CACHES = "caches.keys()"
NOTIFIED = """navigator.serviceWorker.ready.then((found) => found.getNotifications())
  .then((all) => all.map(({ title, body }) => ({ title, body })))"""
CLICK = """async () => {
  const [notification] = await registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
}"""
DATABASES = "indexedDB.databases().then((all) => all.map(({ name }) => name))"
SEEN = """indexedDB.databases().then((all) => new Promise((resolve) => {
  const opening = indexedDB.open(all.find(({ name }) => name.endsWith(" seen")).name);
  opening.onsuccess = () => {
    const index = opening.result.transaction("seen").objectStore("seen").index("at");
    const asking = index.getAll();
    asking.onsuccess = () => { opening.result.close(); resolve(asking.result); };
  };
}))"""
KEPT = f"{SEEN}.then((things) => things.length)"
TITLES = f"{SEEN}.then((things) => things.flatMap(({{ value }}) => value.title ?? []))"
SEEN_TASKS: dict[str, dict[str, Any]] = {
    "Stays": {},
    "Gone meanwhile": {},
    "Done offline": {},
    "Urgent": {"priority": "high"},
    "Written over": {"description": "As before"},
}
# A browser without an account at a push service can subscribe to none: its answers are made up.
SUBSCRIBES = """globalThis.subscription = (number) => {
  const endpoint = `https://127.0.0.1/push/${number}`;
  const keys = { p256dh: "%s", auth: "%s" };
  return { endpoint, toJSON: () => ({ endpoint, expirationTime: null, keys }) };
};
PushManager.prototype.subscribe = async (options) => {
  globalThis.subscribedWith = options.applicationServerKey;
  return subscription(1);
};"""
KEYS = ("B" * 87, "a" * 22)
SUBSCRIPTION_NOW = "PushManager.prototype.getSubscription = async () => subscription({});"
# What a browser does when its push service ends a subscription and gives none in its place.
SUBSCRIPTION_ENDS = """async () => {
  let asked;
  PushManager.prototype.subscribe = async (options) => { asked = options; };
  const event = new ExtendableEvent("pushsubscriptionchange");
  event.oldSubscription = { options: { userVisibleOnly: true, applicationServerKey: "key" } };
  self.dispatchEvent(event);
  return asked;
}"""


@pytest.fixture
def ada(address: str) -> Account:
    return register(address)


@pytest.fixture
def page(browser: Browser, address: str, ada: Account) -> Iterator[Page]:
    """Ada's page, with its service worker."""
    how: dict[str, Any] = {"viewport": WIDE, "locale": "en-GB"}
    context = browser.new_context(**how)
    context.grant_permissions(["notifications"], origin=address)
    context.add_init_script(SUBSCRIBES % KEYS)
    page = entered(context, address, ada)
    assert evaluate(page, READY).endswith("/sw.js?language=en")
    yield page
    context.close()


def entered(context: BrowserContext, address: str, account: Account) -> Page:
    page = opened(context, address)
    page.fill("input[name=email]", account.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("form button.primary")
    live(page)
    return page


def test_the_page_starts_without_the_network_and_sends_later_what_was_added(
    page: Page, address: str, ada: Account
) -> None:
    page.context.set_offline(True)
    page.goto(f"{address}/all")
    expect(page.locator(".state")).to_have_text("Offline")
    page.fill("input[name=quick]", "Written on a train")
    page.keyboard.press("Enter")
    expect(row(page, "Written on a train")).to_contain_text("sending")
    page.reload()
    expect(row(page, "Written on a train")).to_contain_text("sending")
    page.goto(f"{address}/settings")  # its scripts were never opened before
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    page.goto(f"{address}/all")
    expect(row(page, "Written on a train")).to_contain_text("sending")
    page.context.set_offline(False)
    expect(page.locator(".row .sending")).to_have_count(0)
    live(page)
    assert ada.titles() == ["Written on a train"]


def test_a_start_without_the_network_shows_what_was_seen_and_ends_equal_to_the_api(
    page: Page, address: str, ada: Account
) -> None:
    tomorrow = str(datetime.now(UTC).date() + timedelta(days=1))
    ids = {
        title: ada.create(title, due_on=tomorrow, **fields)["id"]
        for title, fields in SEEN_TASKS.items()
    }
    home = ada.api.post("/lists", json={"name": "At home"}).json()
    ada.api.patch(f"/tasks/{ids['Stays']}", json={"list_id": home["id"]}).raise_for_status()
    search = {"name": "Urgent", "filter": {"priority": "high"}}
    saved = ada.api.post("/searches", json=search).raise_for_status().json()
    ada.create("Never seen here", due_on="2040-01-01")
    page.goto(f"{address}/today?task={ids['Written over']}")
    live(page)
    expect(page.locator(".row")).to_have_count(5)
    expect(page.locator("aside textarea[name=description]")).to_have_value("As before")
    page.get_by_role("navigation").get_by_role("link", name="Urgent").click()
    expect(page.locator(".row")).to_have_count(1)
    # Five tasks, the lists, the searches, and what was found by one of them.
    wait_until(lambda: evaluate(page, KEPT) == 8)
    page.context.set_offline(True)
    page.goto(f"{address}/all?task={ids['Written over']}")
    said = page.locator("main .notice", has_text="Offline, as of")
    expect(said).to_be_visible()
    expect(page.locator(".row")).to_have_count(5)
    expect(page.locator("aside textarea[name=description]")).to_have_value("As before")
    page.locator("aside textarea[name=title]").fill("Written offline")
    row(page, "Done offline").locator(".tick").click()
    expect(row(page, "Written offline")).to_contain_text("sending")
    for path, titles in {
        f"/saved/{saved['id']}": ["Urgent"],
        f"/lists/{home['id']}": ["Stays"],
        "/today": ["Gone meanwhile", "Stays", "Urgent", "Written offline"],
    }.items():
        page.goto(address + path)
        expect(page.locator(".row")).to_have_count(len(titles))
        assert sorted(page.locator(".row .title").all_text_contents()) == titles
        expect(said).to_be_visible()
    expect(page.locator(".side .lists a")).to_have_text(["At home", "Urgent"])
    ada.api.delete(f"/tasks/{ids['Gone meanwhile']}").raise_for_status()
    ada.create("Made meanwhile", due_on=tomorrow)
    page.context.set_offline(False)
    live(page)
    expect(said).to_have_count(0)
    expect(page.locator(".row .sending")).to_have_count(0)
    page.goto(f"{address}/all")
    live(page)
    due = [task["title"] for task in ada.tasks("open")]
    expect(page.locator(".row .title")).to_have_text(due)
    assert sorted(due) == [
        "Made meanwhile",
        "Never seen here",
        "Stays",
        "Urgent",
        "Written offline",
    ]
    assert [task["title"] for task in ada.tasks("completed")] == ["Done offline"]


def test_what_was_seen_is_gone_when_the_session_is_over(
    page: Page, address: str, ada: Account
) -> None:
    ada.create("Private to Ada")
    page.goto(f"{address}/all")
    expect(row(page, "Private to Ada")).to_have_count(1)
    wait_until(lambda: evaluate(page, KEPT) > 0)
    ada.api.delete("/auth/sessions", params={"except": "current"}).raise_for_status()
    page.reload()
    expect(page.locator("form input[name=password]")).to_be_visible()
    names = evaluate(page, DATABASES)
    assert [name.split()[1] for name in names] == ["commands"]  # what waits stays for Ada


def test_a_browser_keeps_the_tasks_that_were_seen_last_and_no_more(
    page: Page, address: str, ada: Account
) -> None:
    page.goto(f"{address}/all")
    live(page)
    for first in range(0, 600, 100):
        items = [
            {"id": str(n), "method": "POST", "url": "/tasks", "body": {"title": f"Task {n}"}}
            for n in range(first, first + 100)
        ]
        ada.api.post("/batch", json={"requests": items, "atomic": True}).raise_for_status()
    newest = "Task 599"
    wait_until(lambda: newest in evaluate(page, TITLES))
    assert evaluate(page, KEPT) == 500
    assert "Task 0" not in evaluate(page, TITLES)


def test_what_the_browser_keeps_is_the_page_and_no_answer_of_the_api(
    page: Page, ada: Account
) -> None:
    ada.create("Seen and not kept")
    page.goto(f"{page.url.split('/today')[0]}/all")
    expect(row(page, "Seen and not kept")).to_have_count(1)
    kept = evaluate(
        page,
        """caches.keys().then((names) => Promise.all(names.map(async (name) =>
          (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname))))""",
    )
    [paths] = kept
    assert "/" in paths
    assert {path.split("/")[1] for path in paths} == {"", "assets"}


def test_chromium_finds_nothing_that_hinders_the_installation(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # Each context of Playwright is a private window, in which nothing can be installed.
    assert [error["errorId"] for error in found] == ["in-incognito"]
    manifest = session.send("Page.getAppManifest")
    assert (manifest["errors"], json.loads(manifest["data"])["id"]) == ([], "/")


def test_logging_out_leaves_no_worker_no_cache_and_no_subscription(
    page: Page, address: str, ada: Account
) -> None:
    page.goto(f"{address}/settings/notifications")
    page.get_by_role("button", name="Notify this browser").click()
    expect(page.locator(".entry", has_text="127.0.0.1")).to_contain_text("(this one)")
    listed = ada.api.get("/me/push-subscriptions").json()
    assert len(listed["items"]) == 1
    assert evaluate(page, "subscribedWith") == listed["public_key"]
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("form input[name=password]")).to_be_visible()
    assert evaluate(page, CACHES) == []
    assert evaluate(page, "navigator.serviceWorker.getRegistrations()") == []
    assert evaluate(page, "localStorage.length") == 0
    assert ada.api.get("/me/push-subscriptions").json()["items"] == []


def test_a_browser_that_is_notified_no_longer_is_off_the_list(
    page: Page, address: str, ada: Account
) -> None:
    page.goto(f"{address}/settings/notifications")
    page.get_by_role("button", name="Notify this browser").click()
    page.locator(".entry").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name="Notify this browser")).to_be_visible()
    assert ada.api.get("/me/push-subscriptions").json()["items"] == []


def test_a_subscription_that_the_push_service_replaces_is_replaced_at_the_api(
    page: Page, address: str, ada: Account
) -> None:
    def listed() -> list[str]:
        items = ada.api.get("/me/push-subscriptions").json()["items"]
        return [each["id"] for each in items]

    page.goto(f"{address}/settings/notifications")
    page.get_by_role("button", name="Notify this browser").click()
    expect(page.locator(".entry")).to_contain_text("(this one)")
    [first] = listed()
    evaluate(page, SUBSCRIPTION_NOW.format(2))
    [worker] = page.context.service_workers
    asked = {"userVisibleOnly": True, "applicationServerKey": "key"}
    assert worker.evaluate(SUBSCRIPTION_ENDS) == asked
    wait_until(lambda: len(listed()) == 1 and first not in listed())
    [second] = listed()
    page.reload()
    expect(page.locator(".entry")).to_contain_text("(this one)")
    assert listed() == [second]
    # While no page is open, the next one tells the API.
    page.context.add_init_script(SUBSCRIPTION_NOW.format(3))
    page.reload()
    wait_until(lambda: len(listed()) == 1 and second not in listed())
    page.reload()
    expect(page.locator(".entry")).to_contain_text("(this one)")


def test_who_logs_in_next_gets_none_of_the_notifications_of_before(
    page: Page, address: str, ada: Account
) -> None:
    page.goto(f"{address}/settings/notifications")
    page.get_by_role("button", name="Notify this browser").click()
    expect(page.locator(".entry")).to_contain_text("(this one)")
    page.context.clear_cookies()  # the session is over, without anybody logging out
    grace = register(address)
    page.close()
    other = entered(page.context, address, grace)
    assert evaluate(other, "localStorage.getItem('annals-push')") is None
    assert grace.email in evaluate(other, "localStorage.getItem('annals-session')")


def test_a_push_message_is_shown_and_opens_its_task(page: Page, address: str, ada: Account) -> None:
    task = ada.create("Water the plants")
    message = {
        "id": "1",
        "title": "Reminder: Water the plants",
        "body": "Due at 9:00",
        "url": f"{address}/tasks/{task['id']}",
        "occurred_at": "2030-01-01T09:00:00Z",
    }
    deliver(page, address, message)
    wanted = [{"title": "Reminder: Water the plants", "body": "Due at 9:00"}]
    wait_until(lambda: evaluate(page, NOTIFIED) == wanted)
    page.context.service_workers[0].evaluate(CLICK)
    expect(page.locator("textarea[name=title]")).to_have_value("Water the plants")


def deliver(page: Page, address: str, message: dict[str, Any]) -> None:
    """What the push service of the browser does with a message for the page."""
    evaluate(page, READY)  # the page starts its worker after the first screen
    session = page.context.new_cdp_session(page)
    found: list[Any] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda said: found.extend(each for each in said["registrations"] if not each["isDeleted"]),
    )
    session.send("ServiceWorker.enable")
    wait_until(lambda: evaluate(page, READY) and found)  # asking the page lets the event through
    registration = found[-1]
    session.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": address,
            "registrationId": registration["registrationId"],
            "data": json.dumps(message),
        },
    )


class Releases:
    """A server that has one release of the page at a time."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.document: bytes = b""
        self.worker: bytes = b""
        self.assets: dict[str, bytes] = {}

    def publish(self, release: PageFiles) -> None:
        self.publish_worker(release)
        self.document = release.document

    def publish_worker(self, release: PageFiles) -> None:
        """Publish all but the document, as where several servers change one after the other."""
        self.worker = release.worker
        self.assets = {
            address_of(release.digest, name): file.body for name, file in release.assets.items()
        }

    def body(self, path: str) -> tuple[bytes | None, str]:
        plain = path.split("?")[0]
        if plain == "/sw.js":
            return self.worker, "text/javascript"
        if plain.startswith("/assets/"):
            return self.assets.get(plain), MEDIA_TYPES[Path(plain).suffix]
        return (None if plain.startswith("/api/") else self.document), "text/html"


@contextmanager
def releases() -> Iterator[Releases]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, kind = known.body(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        do_POST = do_GET  # noqa: N815 - the name that the library looks for

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        known = Releases(server.server_port)
        Thread(target=server.serve_forever, daemon=True).start()
        yield known
        server.shutdown()


@pytest.fixture(scope="module")
def old() -> PageFiles:
    return read_page_files()


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> PageFiles:
    """The page as it might be after a change of one file."""
    folder = tmp_path_factory.mktemp("page") / "page"
    shutil.copytree(FOLDER, folder)
    words = folder / "words/en.js"
    words.write_text(words.read_text().replace('"Log in"', '"Come in"'))
    return read_page_files(folder)


# What the page does once somebody is logged in.
START = f"navigator.serviceWorker.register('/sw.js?language=en').then(() => {READY})"
UPDATE = """navigator.serviceWorker.ready.then((found) => found.update()).then((found) =>
  new Promise((resolve) => {
    const worker = found.installing ?? found.waiting ?? found.active;
    const look = () => /activated|redundant/.test(worker.state) && resolve(worker.state);
    worker.onstatechange = look;
    look();
  }))"""


def test_a_new_release_takes_over_whole_and_the_open_page_keeps_its_own(
    browser: Browser, old: PageFiles, new: PageFiles
) -> None:
    assert old.digest != new.digest
    context = browser.new_context(locale="en-GB")
    with releases() as server:
        server.publish(old)
        page = opened(context, server.address)
        evaluate(page, START)
        expect(page.locator("form button.primary")).to_have_text("Log in")
        server.publish(new)
        assert evaluate(page, UPDATE) == "activated"
        seldom = address_of(old.digest, "screens/further.js")
        assert evaluate(page, f"fetch('{seldom}').then((answer) => answer.status)") == 200
        page.reload()
        expect(page.locator("form button.primary")).to_have_text("Come in")
        context.set_offline(True)
        page.reload()
        expect(page.get_by_role("status")).to_have_text("The server cannot be reached.")
        loaded = evaluate(page, "performance.getEntriesByType('resource').map((each) => each.name)")
        assets = [name for name in loaded if "/assets/" in name]
        assert len(assets) > 2
        assert all(f"/assets/{new.digest}/" in name for name in assets)
    context.close()


def test_a_worker_beside_a_document_of_another_release_keeps_nothing(
    browser: Browser, old: PageFiles, new: PageFiles
) -> None:
    context = browser.new_context(locale="en-GB")
    with releases() as server:
        server.publish(old)
        page = opened(context, server.address)
        evaluate(page, START)
        server.publish_worker(new)
        assert evaluate(page, UPDATE) == "redundant"
        assert evaluate(page, CACHES) == [f"annals-{old.digest}"]
        context.set_offline(True)
        page.reload()
        expect(page.get_by_role("status")).to_have_text("The server cannot be reached.")
    context.close()
