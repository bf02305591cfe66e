"""Every case of `tests/cases/search.json`: what people look for in twelve languages and more."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain.events.tasks import TaskCreated
from domain.vocabulary import AccountId
from projections.views.searching.ranked_search import MAX_RANKED
from projections.views.searching.task_query import TaskPage, TaskQuery
from projections.views.searching.task_search import search
from projections.views.tasks.task_list import TaskListView
from tests.support.event_log import Log, open_log
from tests.support.facts import ADA, TEN, recorded

pytestmark = pytest.mark.anyio

CASES = json.loads((Path(__file__).parents[2] / "cases" / "search.json").read_text("utf-8"))


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


async def have(log: Log, tasks: Sequence[dict[str, Any]], owner: AccountId = ADA) -> None:
    """Create these tasks, the first of them last."""
    await log.append(
        *(
            recorded(
                TaskCreated(owner=owner, **task), stream=uuid4(), at=TEN - timedelta(seconds=number)
            )
            for number, task in enumerate(tasks)
        )
    )


async def asked(log: Log, q: str, owner: AccountId = ADA) -> TaskPage:
    return await search(log.connection, owner, TaskQuery(q=q, limit=200))


async def test_every_query_finds_the_titles_it_should_and_no_others(log: Log) -> None:
    cases = CASES["found"]
    assert len(cases) >= 150
    await have(log, [{"title": title} for title in dict.fromkeys(title for title, _, _ in cases)])
    await log.folded(TaskListView(), batch=1_000)
    wrong = []
    for title, q, expected in cases:
        page = await asked(log, q)
        if (title in {row.title for row in page.items}) != expected:
            wrong.append((title, q, "not found" if expected else "found"))
    assert wrong == [], "\n".join(map(str, wrong))


async def test_every_title_finds_itself_first(log: Log) -> None:
    titles = list(dict.fromkeys(title for title, _, _ in CASES["found"]))
    await have(log, [{"title": title} for title in titles])
    await log.folded(TaskListView(), batch=1_000)
    found = {title: [row.title for row in (await asked(log, title)).items] for title in titles}
    assert {title: first[:1] for title, first in found.items()} == {t: [t] for t in titles}


async def test_better_matches_come_before_others(log: Log) -> None:
    accounts = [AccountId(uuid4()) for _ in CASES["ranked"]]
    for account, case in zip(accounts, CASES["ranked"], strict=True):
        await have(log, [*reversed(case["tasks"])], account)
    await log.folded(TaskListView(), batch=1_000)
    for account, case in zip(accounts, CASES["ranked"], strict=True):
        page = await asked(log, case["q"], account)
        assert [row.title for row in page.items] == [task["title"] for task in case["tasks"]]


async def test_of_equal_matches_the_one_that_changed_last_comes_first(log: Log) -> None:
    await have(log, [{"title": "Buy milk today"}, {"title": "Buy more milk"}])
    await log.folded(TaskListView())
    assert [row.title for row in (await asked(log, "milk")).items] == [
        "Buy milk today",
        "Buy more milk",
    ]


async def test_a_word_of_very_many_tasks_gives_the_latest_after_the_title_itself(log: Log) -> None:
    titles = [f"Common {number}" for number in range(MAX_RANKED + 50)]
    await have(log, [*({"title": title} for title in titles), {"title": "Common"}])
    await log.folded(TaskListView(), batch=1_000)
    found: list[str] = []
    cursor = None
    while True:
        query = TaskQuery(q="common", limit=200, cursor=cursor)
        page = await search(log.connection, ADA, query)
        found += [row.title for row in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert found == ["Common", *titles]


async def test_misspelt_words_are_corrected_when_nothing_matches(log: Log) -> None:
    await have(log, [{"title": title} for title, _ in CASES["corrected"]])
    await log.folded(TaskListView())
    for title, q in CASES["corrected"]:
        page = await asked(log, q)
        assert title in {row.title for row in page.items}, q
        assert page.corrected
    assert (await asked(log, "grocreies -buy")).items == []
    assert (await asked(log, "xylophone")).corrected is None
