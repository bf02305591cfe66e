"""The browser client of docs/live.md, as it stands there, in a browser."""

import json
import os
import re
from pathlib import Path
from signal import SIGKILL

import pytest

from tests.support.clients.api_client import ApiClient, api_client
from tests.support.clients.chromium import Page, a_page
from tests.support.processes.dev_process import data_folder, dev_process
from tests.support.servers.ports import free_port
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

DOCS = Path(__file__).parents[2] / "docs/live.md"
[CLIENT] = re.findall(r"```js\n(.*?)```", DOCS.read_text(), flags=re.DOTALL)


# Tells when the stream is open: what happened before is not for this client to hear.
OPEN = """
var heard = [], opened = new Promise((tell) => {
  const Real = EventSource;
  EventSource = function (url) {
    const made = new Real(url);
    made.addEventListener("listening", () => tell(true));
    return made;
  };
});
listen(async () => %s, (event) => heard.push(event));
opened
"""


async def test_the_documented_browser_client_misses_nothing_while_its_process_is_killed(
    tmp_path: Path,
) -> None:
    with (
        data_folder() as folder,
        dev_process(folder, port=free_port(), dev_processes="serve:1,project") as tree,
    ):
        async with api_client(tree) as ada, a_page(tmp_path) as page:
            await page.open(tree.address + "/health/live")
            token = ada.client.headers["Authorization"].removeprefix("Bearer ")
            assert await page.evaluate(CLIENT + OPEN % json.dumps(token))
            for _ in range(2):  # before it has heard anything, and after
                os.kill(tree.serving()[0], SIGKILL)
                await create_some(ada)  # likely before the page has found its way back
                await heard(page, ada.acknowledged)


async def create_some(ada: ApiClient) -> None:
    before = len(ada.acknowledged)

    async def created() -> bool:
        await ada.create()
        return len(ada.acknowledged) == before + 3

    await until(created, within=30)


async def heard(page: Page, tasks: list[str]) -> None:
    """Return once the page was told of exactly these tasks, in order."""

    async def there() -> bool:
        found = await page.evaluate("heard.map((event) => event.subject)")
        assert found == tasks[: len(found)]
        return len(found) == len(tasks)

    await until(there, within=30)
