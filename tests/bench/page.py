"""The page in Chromium: a change seen elsewhere, the first screen, scrolling, a tab at rest."""

import json
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from tests.bench.figures import Figure
from tests.page.browser import (
    PASSWORD,
    Account,
    chromium,
    evaluate,
    live,
    logged_in,
    register,
)
from tests.support.processes.dev_process import data_folder, dev_process
from tests.support.servers.ports import free_port

CHANGES = 100
TASKS = 1_500
CONTEXTS = 10
LONG_LIST = 5_000
SCROLLED_PIXELS = 24_000
PIXELS_PER_SECOND = 4_000
REST_SECONDS = 20
FRAME_MS = 1_000 / 60
PRESENTED = {"STATE_PRESENTED_ALL", "STATE_PRESENTED_PARTIAL"}

# Clicks on rows of one browser, one after the other; the next once the other browser shows it.
# Both compare moments of the wall clock, as the monotonic clock of each counts from its own start.
SEES = """
globalThis.seen = new Map();
new MutationObserver(() => {
  for (const title of document.querySelectorAll(".row .title")) {
    if (seen.has(title.textContent)) continue;
    seen.set(title.textContent, Infinity);
    // The frame that has the row is drawn before the next task of the page.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => seen.set(title.textContent, performance.timeOrigin + performance.now());
    port2.postMessage(null);
  }
}).observe(document.querySelector("main"), { subtree: true, childList: true, characterData: true });
0
"""
ADDS = """
(async () => {
  const field = document.querySelector("input[name=quick]");
  field.value = %s;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const began = performance.timeOrigin + performance.now();
  field.form.requestSubmit();
  return began;
})()
"""
SEEN = """
(async () => {
  const end = performance.now() + 10_000;
  while (!Number.isFinite(seen.get(%s) ?? Infinity) && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return seen.get(%s) ?? null;
})()
"""
# Milliseconds from the start of the navigation until a row of a task is drawn.
FIRST_ROW = """
new Promise((resolve) => {
  const look = () => document.querySelector(".row")
    ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now())))
    : requestAnimationFrame(look);
  look();
})
"""


def run(wanted: Sequence[str] = ()) -> list[Figure]:
    figures: list[Figure] = []
    with (
        data_folder() as folder,
        dev_process(
            folder,
            port=free_port(),
            dev_processes="serve:1,project,schedule",
            log_level="warning",
        ) as tree,
    ):
        for name in wanted or ROWS:
            with chromium() as browser:
                figures += ROWS[name](browser, tree.address)
    return figures


def _fill(account: Account, count: int) -> None:
    """Give an account tasks, of which fifty are due today and none is overdue."""
    today = time.strftime("%Y-%m-%d", time.gmtime())
    for start in range(0, count, 100):
        bodies = [
            {
                "title": f"Task {number} of many, with a title of some length",
                "tags": ["home"] if number % 3 else ["work", "later"],
                "priority": ("low", "medium", "high")[number % 3],
                "due_on": today if number < 50 else f"2040-{1 + number % 12:02}-11",
            }
            for number in range(start, start + 100)
        ]
        requests = [
            {"id": str(number), "method": "POST", "url": "/tasks", "body": body}
            for number, body in enumerate(bodies)
        ]
        answer = account.api.post("/batch", json={"requests": requests}).raise_for_status().json()
        assert {each["status"] for each in answer["responses"]} == {201}
    account.titles()  # the views have them


def _seen_elsewhere(browser: Browser, address: str) -> Iterator[Figure]:
    ada = register(address)
    here, there = logged_in(browser, address, ada), logged_in(browser, address, ada)
    for page in (here, there):
        page.goto(f"{address}/all")
        live(page)
    evaluate(there, SEES)
    waits: list[float] = []
    for number in range(CHANGES):
        title = json.dumps(f"Change number {number}")
        began = evaluate(here, ADDS % title)
        seen = evaluate(there, SEEN % (title, title))
        waits.append(seen - began)
    for page in (here, there):
        page.context.close()
    yield Figure(
        what=f"a task is added in a browser until another has drawn it, {CHANGES} times, p95",
        value=statistics.quantiles(waits, n=20)[18],
        unit="ms",
        goal=150,
        at_most=True,
        note=f"median {statistics.median(waits):.0f} ms, longest {max(waits):.0f} ms",
    )


def _first_screens(browser: Browser, address: str) -> Iterator[Figure]:
    ada = register(address)
    _fill(ada, TASKS)
    cold: list[float] = []
    warm: list[float] = []
    for _ in range(CONTEXTS):
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, locale="en-GB"
        )  # with its service worker
        login = {"email": ada.email, "password": PASSWORD, "cookie": True}
        origin = {"Origin": address}
        answer = context.request.post(f"{address}/api/v1/auth/login", data=login, headers=origin)
        assert answer.ok, answer.text()
        page = context.new_page()
        for times in (cold, warm):
            page.goto(f"{address}/today", wait_until="commit")
            times.append(evaluate(page, FIRST_ROW))
            live(page)
            page.wait_for_load_state("networkidle")
        context.close()
    for times, what in ((cold, "nothing in the HTTP cache"), (warm, "the files in the cache")):
        yield Figure(
            what=f"first screen of {TASKS:,} tasks for a session that exists, {what}, median",
            value=statistics.median(times),
            unit="ms",
            goal=300,
            at_most=True,
            note=f"{CONTEXTS} browsers, longest {max(times):.0f} ms",
        )


def _scrolling(browser: Browser, address: str) -> Iterator[Figure]:
    ada = register(address)
    _fill(ada, LONG_LIST)
    page = logged_in(browser, address, ada)
    page.goto(f"{address}/all?sort=created_at")
    live(page)
    _read_all(page)
    session = page.context.new_cdp_session(page)
    frames = Frames()
    for pixels in (-SCROLLED_PIXELS, SCROLLED_PIXELS):
        browser.start_tracing(categories=["cc", "benchmark"])
        session.send(
            "Input.synthesizeScrollGesture",
            {
                "x": 640,
                "y": 400,
                "yDistance": pixels,
                "speed": PIXELS_PER_SECOND,
                "gestureSourceType": "mouse",
            },
        )
        frames.read(json.loads(browser.stop_tracing())["traceEvents"])
    page.context.close()
    times = frames.times
    yield Figure(
        what=f"a list of {LONG_LIST:,} rows scrolls at {PIXELS_PER_SECOND:,} px/s: frame time, p95",
        value=statistics.quantiles(times, n=20)[18],
        unit="ms",
        goal=FRAME_MS,
        at_most=True,
        note=f"median {statistics.median(times):.1f} ms, longest {max(times):.0f} ms; of"
        f" {len(times) + frames.dropped} frames {frames.dropped} were dropped, and"
        f" {frames.incomplete} had a part without content; scrolled by the"
        f" {' and '.join(sorted(frames.threads))}",
    )


class Frames:
    """What Chromium's compositor says of the frames in which a page scrolled."""

    def __init__(self) -> None:
        self.times: list[float] = []  # ms from a frame that was shown to the next
        self.dropped = 0
        self.incomplete = 0
        self.threads: set[str] = set()

    def read(self, events: Sequence[dict[str, Any]]) -> None:
        """Read the trace of one scroll."""
        frames = [
            (event["ts"], event["args"]["frame_reporter"])
            for event in events
            if event["name"] == "PipelineReporter" and event["ph"] == "b"
        ]
        scrolling = [(at, frame) for at, frame in frames if frame["scroll_state"] != "SCROLL_NONE"]
        shown = sorted({at for at, frame in scrolling if frame["state"] in PRESENTED})
        self.times += [(later - earlier) / 1_000 for earlier, later in pairwise(shown)]
        self.dropped += sum(frame["state"] == "STATE_DROPPED" for _, frame in scrolling)
        self.incomplete += sum(frame["has_missing_content"] for _, frame in scrolling)
        self.threads |= {
            frame["scroll_state"].removeprefix("SCROLL_").replace("_", " ").lower()
            for _, frame in scrolling
        }


def _read_all(page: Page) -> None:
    for _ in range(LONG_LIST):
        if page.locator(".row").count() >= LONG_LIST:
            return
        if page.locator("#end").count():
            page.locator("#end").scroll_into_view_if_needed()
        page.wait_for_timeout(50)
    raise AssertionError("the list was not read to its end")


def _rest(browser: Browser, address: str) -> Iterator[Figure]:
    ada = register(address)
    _fill(ada, TASKS)
    page = logged_in(browser, address, ada)
    page.goto(f"{address}/today")
    live(page)
    page.wait_for_timeout(5_000)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _metric(session, "TaskDuration")
    page.wait_for_timeout(REST_SECONDS * 1_000)
    worked = (_metric(session, "TaskDuration") - before) / REST_SECONDS
    heap = _metric(session, "JSHeapUsedSize")
    resident = _resident(browser)
    yield Figure(
        what="a tab at rest: work of its main thread",
        value=worked * 1_000,
        unit="ms/s",
        goal=1,
        at_most=True,
        note="Today, nothing changes",
    )
    yield Figure(
        what=f"… its memory with {TASKS:,} tasks",
        value=resident,
        unit="MB",
        note=f"of the process, with what it shares by its part; {heap / 1e6:.1f} MB of objects",
    )


def _metric(session: CDPSession, name: str) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == name))


def _resident(browser: Browser) -> float:
    """Return the megabytes of the process that draws the page."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    renderers = [each for each in processes if each["type"] == "renderer"]
    busiest = max(renderers, key=lambda each: float(each["cpuTime"]))
    rollup = Path(f"/proc/{busiest['id']}/smaps_rollup").read_text()
    return int(re.findall(r"^Pss: +(\d+)", rollup, re.MULTILINE)[0]) / 1024


ROWS = {
    "change": _seen_elsewhere,
    "first": _first_screens,
    "scroll": _scrolling,
    "rest": _rest,
}
