"""Tools over HTTP with the official Python client."""

import pytest

from tests.support.api import Api, Person
from tests.support.clients.assistant import connected, token_of


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_assistant_adds_finds_and_completes_tasks(
    api: Api, ada: Person, mode: str
) -> None:
    async with connected(api, await token_of(ada), mode=mode) as assistant:
        added = await assistant.do(
            "add_tasks", tasks=[{"title": "Buy milk"}, {"text": "Call Bob tomorrow at 9 !high"}]
        )
        assert added["summary"] == "2 tasks added."
        found = await assistant.do("find_tasks", query="milk")
        assert [task["title"] for task in found["tasks"]] == ["Buy milk"]
        ids = [task["id"] for task in added["done"]]
        done = await assistant.do("complete_tasks", ids=ids)
        assert [task["status"] for task in done["done"]] == ["completed", "completed"]
