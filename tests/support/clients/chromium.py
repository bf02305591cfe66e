"""A page in a real browser, spoken to over the DevTools protocol."""

import asyncio
import itertools
import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from tests.support.waiting import until

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0")


class Page:
    """One page; what it is told to evaluate runs in it."""

    def __init__(self, devtools: ClientConnection) -> None:
        self._devtools = devtools
        self._ids = itertools.count(1)

    async def open(self, address: str) -> None:
        """Go there. What the page may connect to is for us to say, not for its policy."""
        await self._ask("Page.enable")
        await self._ask("Page.setBypassCSP", enabled=True)
        await self._ask("Page.navigate", url=address)

        async def there() -> bool:
            return bool(
                await self.evaluate("location.href + document.readyState") == f"{address}complete"
            )

        await until(there, within=60)

    async def add_authenticator(self) -> None:
        """Give the browser an authenticator with passkeys, whose owner always agrees."""
        await self._ask("WebAuthn.enable", enableUI=False)
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        await self._ask("WebAuthn.addVirtualAuthenticator", options=options)

    async def evaluate(self, script: str) -> Any:
        """Return what the script comes to, once that is known."""
        answer = await self._ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._ids)
        await self._devtools.send(
            json.dumps({"id": number, "method": method, "params": parameters})
        )
        async with asyncio.timeout(20):
            while (said := json.loads(await self._devtools.recv())).get("id") != number:
                pass
        assert "result" in said, said
        result: dict[str, Any] = said["result"]
        return result


@asynccontextmanager
async def a_page(folder: Path) -> AsyncIterator[Page]:
    """A page of a browser of its own, which keeps its things in `folder`."""
    with _browser(folder) as log:
        async with connect(await _first_page(log), max_size=None) as devtools:
            yield Page(devtools)


@contextmanager
def _browser(folder: Path) -> Iterator[Path]:
    assert CHROMIUM
    log = folder / "chromium.log"
    with log.open("wb") as output:
        browser = subprocess.Popen(
            [CHROMIUM, *OPTIONS, f"--user-data-dir={folder / 'profile'}", "about:blank"],
            stdout=output,
            stderr=output,
        )
    try:
        yield log
    finally:
        browser.kill()
        browser.wait(timeout=10)


async def _first_page(log: Path) -> str:
    """Return where the first page listens, once the browser has one."""
    pages: list[str] = []

    async def there() -> bool:
        if devtools := _devtools(log):
            async with httpx.AsyncClient() as client:
                targets = (await client.get(f"http://{devtools}/json")).json()
            pages.extend(t["webSocketDebuggerUrl"] for t in targets if t["type"] == "page")
        return bool(pages)

    await until(there, within=30)
    return pages[0]


def _devtools(log: Path) -> str | None:
    found = re.search(r"ws://([\d.:]+)/", log.read_text())
    return found[1] if found else None
