"""Takes the pictures of the page in docs/pictures/: `python -m tests.page.pictures`."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.page.browser import Account, chromium, live, logged_in, register
from tests.support.processes.dev_process import DevProcess, annals, data_folder, dev_process
from tests.support.servers.ports import free_port

FOLDER = Path(__file__).parents[2] / "docs/pictures"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
SIZES = {"wide": WIDE, "phone": PHONE}
SCHEMES = ("light", "dark")
NOW = datetime.now(UTC)
LONG = (
    "Collect the parcel from the neighbours, the ones with the green door on the second floor,"
    " before they leave for the week"
)


def fill(ada: Account) -> str:
    """Give somebody a week of tasks; return the address of one that shows much."""
    today = NOW.date()
    ada.create(
        "Renew the domain before it lapses",
        due_on=f"{today - timedelta(days=3)}",
        tags=["work"],
        priority="high",
    )
    ada.create(
        "Write the quarterly report", due_on=f"{today}", tags=["work", "q4"], priority="high"
    )
    ada.create(
        LONG,
        due_on=f"{today + timedelta(days=1)}",
        tags=["home"],
    )
    ada.create("اتصل بالمكتبة", due_on=f"{today + timedelta(days=1)}")
    ada.create("Read the manual of the new printer", tags=["home"])
    dentist = ada.create("Call the dentist", due_on=f"{today}")
    ada.api.post(f"/tasks/{dentist['id']}/complete").raise_for_status()
    bins = ada.create(
        "Take out the bins",
        due_on=f"{today}",
        tags=["home"],
        description="The blue one on even weeks, the green one on odd weeks.",
        estimate="PT15M",
    )
    rule = {"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU"}
    ada.api.put(f"/tasks/{bins['id']}/recurrence", json=rule).raise_for_status()
    ada.api.post(f"/tasks/{bins['id']}/reminders", json={"before": "PT1H"}).raise_for_status()
    return f"task={bins['id']}"


def screens(task: str) -> Iterator[tuple[str, str]]:
    yield "today", "/today"
    yield "task", f"/today?{task}"
    yield "list", "/all?priority=high"
    yield "search", "/search?q=the"


def further_screens(task: str) -> Iterator[tuple[str, str]]:
    """Screens of which one picture is enough."""
    yield "time", f"/time/{task.removeprefix('task=')}"
    yield "changes", "/time"
    yield "inbox", "/inbox"
    yield "settings", "/settings/notifications"
    yield "audit", "/audit?entity_type=task"
    yield "console", "/console"
    yield "views", "/console/views"


def take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    picture = FOLDER / f"{name}.png"
    shot = Image.open(BytesIO(page.screenshot(animations="disabled")))
    shot.quantize(colors=160).save(picture, optimize=True)
    sys.stdout.write(f"{picture.name}: {picture.stat().st_size / 1000:.0f} kB\n")


def take_all(browser: Browser, tree: DevProcess) -> None:
    address = tree.address
    ada = register(address)
    task = fill(ada)
    settings = {"database_url": tree.database_url, "keys_dir": str(tree.folder / "keys")}
    annals("users", "grant", ada.email, "admin", **settings)
    ada.api.post("/operations/views/task_list/rebuild").raise_for_status()
    for scheme in SCHEMES:
        for size, viewport in SIZES.items():
            how: dict[str, Any] = {"viewport": viewport, "color_scheme": scheme}
            page = logged_in(browser, address, ada, **how)
            once = further_screens(task) if (size, scheme) == ("wide", "light") else ()
            for name, path in [*screens(task), *once]:
                page.goto(address + path)
                live(page)
                expect(
                    page.locator(
                        ".row:visible, .panel:visible, .entry, .timeline, .settings, .meters,"
                        " tbody tr"
                    ).first
                ).to_be_visible()
                take(page, f"{name}-{size}-{scheme}")
            page.context.close()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with (
        data_folder() as folder,
        dev_process(folder, port=free_port(), dev_processes="serve:1,project,schedule") as tree,
        chromium() as browser,
    ):
        take_all(browser, tree)


if __name__ == "__main__":
    main()
