"""A database that is restored to an earlier moment under an open page."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Page, expect

from infrastructure.postgres.migrations import migrate
from tests.page.browser import PASSWORD, live, logged_in, register, row
from tests.support.processes.cli_process import annals
from tests.support.processes.serve_processes import serving
from tests.support.servers.databases import scratch
from tests.support.servers.restores import ArchivedNode

Result = TypeVar("Result")


class Installation:
    """A server of its own, with one base backup; `apart` runs what the browser's thread may not."""

    def __init__(self, node: ArchivedNode, address: str, apart: ThreadPoolExecutor) -> None:
        self.node, self.address, self._apart = node, address, apart

    def do(self, act: Callable[[], Result]) -> Result:
        return self._apart.submit(act).result()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, _valkey: str) -> Iterator[Installation]:
    with ExitStack() as stack:
        apart = stack.enter_context(ThreadPoolExecutor(1))
        folder: Path = stack.enter_context(scratch())
        node = ArchivedNode(folder / "postgres")
        apart.submit(node.start).result()
        stack.callback(node.remove)
        apart.submit(migrate, node.url).result()
        stack.enter_context(annals("project", database=node.url, log_level="warning"))
        keys = tmp_path_factory.mktemp("serve")
        serve = stack.enter_context(serving(node.url, keys, redis_url=_valkey))
        yield Installation(node, serve.address, apart)


@pytest.fixture(scope="module")
def address(installation: Installation) -> str:
    return installation.address


def shown(page: Page) -> list[str]:
    return sorted(page.locator(".row .title").all_inner_texts())


def test_a_restored_database_loses_nothing_that_was_typed_and_the_page_ends_equal_to_the_api(
    browser: Browser, installation: Installation, address: str
) -> None:
    ada = register(address)
    kept, changed = ada.create("Kept"), ada.create("Before the change")
    page = logged_in(browser, address, ada)
    installation.do(installation.node.back_up)

    lost = ada.create("Lost", description="Written after the backup")
    ada.api.patch(f"/tasks/{changed['id']}", json={"title": "After it"}).raise_for_status()
    page.goto(f"{address}/all?task={lost['id']}")
    live(page)
    expect(row(page, "Lost")).to_be_visible()
    expect(row(page, "After it")).to_be_visible()

    installation.do(installation.node.stop)
    row(page, "Kept").get_by_role("checkbox").click()  # asked while the database is away
    page.locator(".panel textarea.title").fill("Lost and renamed")
    page.locator("form.add input").fill("Half a line of")
    expect(page.locator(".state")).to_contain_text("2 changes")
    page.locator(".panel textarea.description").fill("Typed and not yet saved")
    installation.do(installation.node.replace_data)
    installation.do(installation.node.start)

    expect(page.locator(".toast", has_text="earlier state")).to_be_visible(timeout=60_000)
    live(page)
    expect(row(page, "Before the change")).to_be_visible()
    expect(row(page, "Lost")).to_have_count(0)
    expect(page.locator(".panel textarea.title")).to_have_value("Lost and renamed")
    expect(page.locator(".panel .notice")).to_contain_text("This task does not exist.")
    expect(page.locator(".panel textarea.description")).to_have_value("Typed and not yet saved")
    expect(page.locator("form.add input")).to_have_value("Half a line of")
    expect(page.locator(".state")).to_have_text("Live")
    page.locator(".panel").get_by_role("button", name="Add it again").click()
    expect(row(page, "Lost")).to_be_visible()
    expect(page.locator(".state")).to_have_text("Live")

    tasks = {task["title"]: task for task in ada.tasks()}
    assert set(tasks) == {"Kept", "Before the change", "Lost and renamed"}
    assert tasks["Kept"]["status"] == "completed"
    again = tasks["Lost and renamed"]
    assert (again["description"], again["id"] == lost["id"]) == ("Typed and not yet saved", False)
    expect(page.locator(".panel textarea.description")).to_have_value("Typed and not yet saved")
    open_titles = sorted(task["title"] for task in tasks.values() if task["status"] == "open")
    assert shown(page) == open_titles
    assert kept["id"] == tasks["Kept"]["id"]
    # The token that renews the session was made after the backup: a new visit logs in again.
    page.reload()
    page.fill("input[name=email]", ada.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("form button.primary")
    live(page)
    expect(page.locator(".row")).to_have_count(len(open_titles))
    assert shown(page) == open_titles
    page.context.close()
