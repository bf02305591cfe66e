"""People with browsers: accounts of one running Annals, and pages that they have open."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from domain.record import Record
from tests.support.clients.chromium import CHROMIUM

PASSWORD = "correct horse battery"
WIDE = {"width": 1280, "height": 800}
expect.set_options(timeout=15_000)  # milliseconds: other tests keep this machine busy


class Account(Record):
    """Somebody with an account; `api` calls the API beside the page."""

    email: str
    api: httpx.Client

    def create(self, title: str, **fields: Any) -> dict[str, Any]:
        made = self.api.post("/tasks", json={"title": title, **fields})
        assert made.status_code == 201, made.text
        task: dict[str, Any] = made.json()
        return task

    def tasks(
        self, status: str = "open,completed", sort: str = "-created_at"
    ) -> list[dict[str, Any]]:
        """All tasks, once the views show what the log had."""
        head = self.api.post("/tasks", json={"title": "a mark"})
        removed = self.api.delete(f"/tasks/{head.json()['id']}")
        behind = {"Annals-Min-Position": removed.headers["Annals-Position"]}
        answer = self.api.get(
            "/tasks", params={"status": status, "sort": sort, "limit": 200}, headers=behind
        )
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def titles(self) -> list[str]:
        return sorted(task["title"] for task in self.tasks())


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def register(address: str) -> Account:
    api = httpx.Client(base_url=f"{address}/api/v1", timeout=20)
    email = f"ada-{uuid4().hex[:10]}@annals.example"
    account = {"email": email, "password": PASSWORD}
    api.post("/auth/register", json=account).raise_for_status()
    token = api.post("/auth/login", json=account).raise_for_status().json()["access_token"]
    api.headers["Authorization"] = f"Bearer {token}"
    return Account(email=email, api=api)


# What went wrong inside of any page: a test that leaves something here has failed.
errors: list[str] = []


def opened(context: BrowserContext, address: str, path: str = "/") -> Page:
    """A page; `errors` gets its errors, and what its policy refused."""
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: errors.append(f"{error.message} {error.stack}"))
    page.on("console", _hear)
    page.goto(address + path)
    return page


def _hear(message: ConsoleMessage) -> None:
    refused = "Content Security Policy" in message.text or "Trusted" in message.text
    if message.type in {"error", "warning"} and refused:
        errors.append(message.text)


def logged_in(browser: Browser, address: str, account: Account, **how: Any) -> Page:
    """A page of a browser of its own, in which somebody has logged in by the form.

    It has no service worker unless `how` allows one: what a worker requests goes past the switch
    that takes the page off the network.
    """
    defaults = {"viewport": WIDE, "locale": "en-GB", "service_workers": "block"}
    context = browser.new_context(**defaults | how)
    page = opened(context, address)
    page.fill("input[name=email]", account.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("form button.primary")
    live(page)
    return page


def live(page: Page) -> None:
    expect(page.locator(".state")).to_have_class(re.compile("live"), timeout=20_000)


def row(page: Page, title: str) -> Any:
    return page.locator(".row").filter(has=page.locator(".title", has_text=title))


def evaluate(page: Page, expression: str) -> Any:
    """What an expression comes to; the policy of the page forbids what Playwright would do."""
    session = page.context.new_cdp_session(page)
    answer = session.send(
        "Runtime.evaluate",
        {"expression": expression, "returnByValue": True, "awaitPromise": True},
    )
    session.detach()
    assert "exceptionDetails" not in answer, answer
    return answer["result"].get("value")
