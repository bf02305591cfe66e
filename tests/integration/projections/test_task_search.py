"""Tasks are found by words, by what they are, and page by page in any order."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest

from domain.events.tasks import TaskCompleted, TaskCreated, TaskDeleted
from domain.vocabulary import Priority, Status
from projections.cursor import BadCursor, write_cursor
from projections.views.searching.task_conditions import conditions
from projections.views.searching.task_query import SortBy, SortField, TaskQuery
from projections.views.searching.task_search import search
from projections.views.tasks.task_list import TaskListView, TaskRow
from tests.support.event_log import Log, open_log
from tests.support.facts import (
    ADA,
    BOB,
    EIGHT,
    NINE,
    TEN,
    recorded,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    async with open_log(database_url) as log:
        yield log


async def task(log: Log, title: str = "Water the plants", **fields: Any) -> UUID:
    owner = fields.pop("owner", ADA)
    return await log.happened(TaskCreated(owner=owner, title=title, **fields))


async def found(log: Log, **query: Any) -> list[str]:
    await log.folded(TaskListView())
    page = await search(log.connection, ADA, TaskQuery(**query))
    return [row.title for row in page.items]


async def test_words_are_found_in_title_tags_and_description_the_title_first(log: Log) -> None:
    await task(log, "Describe", description="all about roses")
    await task(log, "Tag", tags=("roses",))
    await task(log, "Roses")
    await task(log, "Tulips")
    assert await found(log, q="roses") == ["Roses", "Tag", "Describe"]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("plant", {"Watering the plants", "Plant a tree"}),  # the stem counts
        ("watered plants", {"Watering the plants"}),  # all the words
        ("tree OR milk", {"Plant a tree", "Buy milk"}),
        ("plant -tree", {"Watering the plants"}),
        ('"the plants"', {"Watering the plants"}),
        ('"plants the"', set()),
        ("the", {"Watering the plants"}),  # no word is too common
        ("МОЛОКО", {"Купить молоко"}),
        ("-milk", {"Watering the plants", "Plant a tree", "Купить молоко"}),
        ("", {"Watering the plants", "Plant a tree", "Buy milk", "Купить молоко"}),
        ("?!", set()),
        (f"owner:{BOB}", set()),  # how the owner is named inside is no way out
        ("' | 'x'::tsquery", set()),
    ],
)
async def test_search_speaks_the_language_of_web_searches(
    log: Log, q: str, expected: set[str]
) -> None:
    for title in ("Watering the plants", "Plant a tree", "Buy milk", "Купить молоко"):
        await task(log, title)
    await task(log, "Bob's plants, trees and milk in the house", owner=BOB)
    assert set(await found(log, q=q)) == expected


async def test_only_the_owners_tasks_are_found(log: Log) -> None:
    await task(log, "Mine")
    await task(log, "Bob's", owner=BOB)
    assert await found(log) == ["Mine"]


async def test_deleted_tasks_are_found_only_when_asked_for(log: Log) -> None:
    await task(log, "open")
    for title, *then in (("completed", TaskCompleted()), ("deleted", TaskDeleted())):
        await log.happened(TaskCreated(owner=ADA, title=str(title)), *then)
    assert set(await found(log)) == {"open", "completed"}
    assert await found(log, status=[Status.DELETED]) == ["deleted"]
    assert await found(log, status=[Status.OPEN]) == ["open"]


async def test_any_of_the_priorities_and_all_of_the_tags_are_wanted(log: Log) -> None:
    await task(log, "low", priority=Priority.LOW, tags=("a",))
    await task(log, "high", priority=Priority.HIGH, tags=("b", "a"))
    await task(log, "medium")
    assert set(await found(log, priority=[Priority.LOW, Priority.HIGH])) == {"low", "high"}
    assert await found(log, tags=["a", "b"]) == ["high"]
    assert set(await found(log, tags=["a"])) == {"low", "high"}


async def test_due_after_is_inclusive_and_due_before_is_not(log: Log) -> None:
    for title, due_at in (("eight", EIGHT), ("nine", NINE), ("ten", TEN), ("never", None)):
        await task(log, title, due_at=due_at)
    assert set(await found(log, due_after=NINE)) == {"nine", "ten"}
    assert await found(log, due_before=NINE) == ["eight"]
    assert await found(log, due_after=NINE, due_before=TEN) == ["nine"]


NEW_YEAR = date(2030, 1, 1)
NEXT_DAY = date(2030, 1, 2)
DAYS: dict[str, dict[str, Any]] = {
    "new year": {"due_on": NEW_YEAR},
    "new year's morning": {"due_at": NINE},
    "next day": {"due_on": NEXT_DAY},
    "next midnight": {"due_at": datetime(2030, 1, 2, tzinfo=UTC)},
    "never": {},
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"due_after": NEXT_DAY}, {"next day", "next midnight"}),
        ({"due_before": NEXT_DAY}, {"new year", "new year's morning"}),
        ({"due_before": datetime(2030, 1, 2, tzinfo=UTC)}, {"new year", "new year's morning"}),
        # A day is due until its end: at eight it is not over.
        ({"due_before": TEN}, {"new year's morning"}),
        ({"due_after": TEN}, {"new year", "next day", "next midnight"}),
        ({"due_after": NEW_YEAR, "due_before": NEXT_DAY}, {"new year", "new year's morning"}),
        ({"undated": True}, {"never"}),
        ({"overdue": True, "now": TEN}, {"new year's morning"}),
        (
            {"overdue": True, "now": datetime(2030, 1, 2, tzinfo=UTC)},
            {"new year", "new year's morning"},
        ),
        ({"overdue": False, "now": TEN}, {"new year", "next day", "next midnight", "never"}),
        # In New York it is still the first of January, in Kiritimati already the second.
        (
            {
                "overdue": True,
                "now": datetime(2030, 1, 2, 4, 59, tzinfo=UTC),
                "timezone": "America/New_York",
            },
            {"new year's morning", "next midnight"},
        ),
        (
            {
                "overdue": True,
                "now": datetime(2030, 1, 1, 10, tzinfo=UTC),
                "timezone": "Pacific/Kiritimati",
            },
            {"new year", "new year's morning"},
        ),
        (
            {"due_before": NEXT_DAY, "timezone": "America/New_York"},
            {"new year", "new year's morning", "next midnight"},
        ),
        (
            {"due_after": NEXT_DAY, "timezone": "Pacific/Kiritimati"},
            {"next day", "next midnight"},
        ),
    ],
)
async def test_days_and_moments_are_found_by_either(
    log: Log, query: dict[str, Any], expected: set[str]
) -> None:
    for title, due in DAYS.items():
        await task(log, title, **due)
    assert set(await found(log, **query)) == expected


async def test_a_task_that_is_done_is_not_overdue(log: Log) -> None:
    created = TaskCreated(owner=ADA, title="done", due_on=NEW_YEAR)
    await log.happened(created, TaskCompleted())
    late = datetime(2031, 1, 1, tzinfo=UTC)
    assert await found(log, overdue=True, now=late) == []
    assert await found(log, overdue=False, now=late) == ["done"]


async def test_a_day_sorts_after_the_moments_of_its_date(log: Log) -> None:
    for title, due in DAYS.items():
        await task(log, title, **due)
    ordered = ["new year's morning", "new year", "next midnight", "next day", "never"]
    assert await found(log, sort=[SortBy(field="due_at")]) == ordered
    descending = [*reversed(ordered[:-1]), "never"]
    assert await found(log, sort=[SortBy(field="due_at", descending=True)]) == descending


async def test_an_index_gives_the_order_of_due_dates_and_finds_what_is_due(log: Log) -> None:
    from projections.views.searching.task_search import _order, _statement

    for title, due in DAYS.items():
        await task(log, title, **due)
    await log.folded(TaskListView())
    query = TaskQuery(due_before=NEXT_DAY, sort=[SortBy(field="due_at")])
    found = conditions(query)
    condition = f"{found} AND owner = %(owner_id)s"
    await log.connection.execute("SET enable_seqscan = off; SET enable_sort = off")
    plan = await log.connection.execute(
        f"EXPLAIN {_statement(_order(query), condition)}",
        found.values | {"owner_id": ADA, "most": 5, "skip": 0},
    )
    lines = "\n".join(line for (line,) in await plan.fetchall())
    assert "task_list_due" in lines
    assert "Sort" not in lines
    assert "Index Cond" in lines
    assert "COALESCE" in next(line for line in lines.splitlines() if "Index Cond" in line)


async def test_the_newest_comes_first_when_no_order_is_asked_for(log: Log) -> None:
    await log.append(
        *(
            recorded(TaskCreated(owner=ADA, title=title), stream=uuid4(), at=at)
            for title, at in (("nine", NINE), ("eight", EIGHT), ("ten", TEN))
        )
    )
    assert await found(log) == ["ten", "nine", "eight"]


async def test_low_stands_below_medium_below_high(log: Log) -> None:
    for priority in (Priority.MEDIUM, Priority.HIGH, Priority.LOW):
        await task(log, priority.value, priority=priority)
    assert await found(log, sort=[SortBy(field="priority")]) == ["low", "medium", "high"]


@pytest.mark.parametrize("descending", [False, True])
async def test_a_task_never_due_comes_last_in_either_direction(log: Log, descending: bool) -> None:
    for title, due_at in (("never", None), ("eight", EIGHT), ("ten", TEN)):
        await task(log, title, due_at=due_at)
    dated = ["ten", "eight"] if descending else ["eight", "ten"]
    assert await found(log, sort=[SortBy(field="due_at", descending=descending)]) == [
        *dated,
        "never",
    ]


SORTS: list[list[SortBy]] = [
    [],
    *(
        [SortBy(field=field, descending=down)]
        for field, down in product(get_args(SortField), (False, True))
    ),
    [SortBy(field="priority", descending=True), SortBy(field="due_at")],
    [SortBy(field="due_at", descending=True), SortBy(field="title"), SortBy(field="priority")],
]


@pytest.fixture
async def many(log: Log) -> Log:
    """Forty tasks with few different values, so that there are ties of every kind."""
    dues: list[dict[str, Any]] = [{}, {"due_at": EIGHT}, {"due_on": NEW_YEAR}, {"due_at": TEN}]
    for number, (priority, due, word) in enumerate(
        product(Priority, dues, ("a b", "a", "a c a", "b"))
    ):
        await log.append(
            recorded(
                TaskCreated(owner=ADA, title=word, priority=priority, **due),
                stream=uuid4(),
                at=EIGHT + timedelta(minutes=number % 3),
            )
        )
    await log.folded(TaskListView())
    return log


async def pages(log: Log, query: dict[str, Any]) -> Sequence[TaskRow]:
    rows: list[TaskRow] = []
    cursor = None
    while True:
        page = await search(log.connection, ADA, TaskQuery(limit=7, cursor=cursor, **query))
        assert 0 < len(page.items) <= 7
        rows += page.items
        if (cursor := page.next_cursor) is None:
            return rows


@pytest.mark.parametrize("q", [None, "a"])
async def test_pages_add_up_to_the_whole_in_every_order(many: Log, q: str | None) -> None:
    for sort in SORTS:
        query: dict[str, Any] = {"sort": sort, "q": q}
        whole = await search(many.connection, ADA, TaskQuery(limit=200, **query))
        assert len(whole.items) == (36 if q else 48)
        assert whole.next_cursor is None
        assert await pages(many, query) == whole.items, sort


async def test_a_task_made_meanwhile_shifts_no_page(many: Log) -> None:
    query: dict[str, Any] = {"sort": [SortBy(field="title")]}
    whole = await search(many.connection, ADA, TaskQuery(limit=200, **query))
    first = await search(many.connection, ADA, TaskQuery(limit=20, **query))
    await task(many, "0 comes before all others")
    await many.folded(TaskListView())
    second = await search(
        many.connection, ADA, TaskQuery(limit=20, cursor=first.next_cursor, **query)
    )
    assert [*first.items, *second.items] == whole.items[:40]


async def test_numbered_pages_come_with_a_total(many: Log) -> None:
    first = await search(many.connection, ADA, TaskQuery(limit=20, page=1))
    third = await search(many.connection, ADA, TaskQuery(limit=20, page=3))
    assert (first.total, len(first.items), third.total, len(third.items)) == (48, 20, 48, 8)
    assert not {row.id for row in first.items} & {row.id for row in third.items}
    beyond = await search(many.connection, ADA, TaskQuery(limit=20, page=9))
    assert (beyond.total, beyond.items) == (48, [])


async def test_a_cursor_of_another_search_is_refused(many: Log) -> None:
    page = await search(many.connection, ADA, TaskQuery(limit=5))
    for other in (
        TaskQuery(cursor=page.next_cursor, sort=[SortBy(field="title")]),
        TaskQuery(cursor=page.next_cursor, q="a"),
        TaskQuery(cursor=page.next_cursor, tags=["a"]),
        TaskQuery(cursor="nonsense"),
        TaskQuery(cursor="é"),
        TaskQuery(cursor=""),
    ):
        with pytest.raises(BadCursor):
            await search(many.connection, ADA, other)


async def test_a_forged_cursor_is_refused_and_not_an_error_of_ours(log: Log) -> None:
    query = TaskQuery(sort=[SortBy(field="title")])
    for last in (["nothing\0ness", str(uuid4())], ["a", "b"], ["a"], [1, str(uuid4())]):
        with pytest.raises(BadCursor):
            await search(
                log.connection,
                ADA,
                TaskQuery(sort=query.sort, cursor=write_cursor(query.mark, last)),
            )
