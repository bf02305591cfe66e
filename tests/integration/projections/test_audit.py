"""The audit trail answers who did what, newest first, and gives all of it away in a stream."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from domain.events.identity.accounts import AccountRegistered
from domain.events.recorded import AnyEvent
from domain.events.tasks import TaskCompleted, TaskCreated, TaskUpdated
from domain.record import Record
from projections.cursor import BadCursor
from projections.pauses import PIECE_BYTES
from projections.rows import MAX_PAGE_BYTES, fetch_page
from projections.views.audit_trail.audit import (
    EXPORT_PAGE,
    AuditQuery,
    StoredEntry,
    entries,
    export_page,
    last_position,
)
from projections.views.audit_trail.history import Change, History, HistoryEntry
from tests.support.event_log import Log, open_log
from tests.support.facts import ADA, BOB, EIGHT, recorded
from tests.support.turns import Ticker

pytestmark = pytest.mark.anyio

TASK_OF_BOB = uuid4()
HISTORY = History()


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    """Ada and Bob register, make a task each, and Ada completes both, month after month."""
    async with open_log(database_url) as log:
        made: list[tuple[UUID, int, Any, UUID]] = [
            (ADA, 1, AccountRegistered(email="ada@example.org", name="Ada"), ADA),
            (BOB, 1, AccountRegistered(email="bob@example.org", name="Bob"), BOB),
            (task := uuid4(), 1, TaskCreated(owner=ADA, title="Ada's"), ADA),
            (TASK_OF_BOB, 1, TaskCreated(owner=BOB, title="Bob's"), BOB),
            (task, 2, TaskCompleted(), ADA),
            (TASK_OF_BOB, 2, TaskCompleted(), ADA),
        ]
        for month, (stream, version, event, actor) in enumerate(made):
            at = EIGHT + timedelta(days=31 * month)
            fact = recorded(event, stream=stream, version=version, at=at, actor=str(actor))
            await log.append(fact)
        await log.folded(HISTORY)
        yield log


async def found(log: Log, **query: Any) -> list[int]:
    page = await entries(log.connection, AuditQuery(**query))
    return [entry.position for entry in page.items]


async def test_the_newest_entry_comes_first(log: Log) -> None:
    assert await found(log) == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"entity_type": "account"}, [2, 1]),
        ({"entity_id": TASK_OF_BOB}, [6, 4]),
        ({"owner": BOB}, [6, 4, 2]),
        ({"actor": str(BOB)}, [4, 2]),
        ({"actor": str(ADA)}, [6, 5, 3, 1]),
        ({"actor": "system:sequel"}, []),
        ({"owner": BOB, "actor": str(ADA)}, [6]),
        ({"action": "task.completed"}, [6, 5]),
        ({"since": EIGHT + timedelta(days=62)}, [6, 5, 4, 3]),
        ({"until": EIGHT + timedelta(days=62)}, [2, 1]),
        ({"action": "task.sung"}, []),
    ],
)
async def test_entries_are_found_by_what_is_asked(
    log: Log, query: dict[str, Any], expected: list[int]
) -> None:
    assert await found(log, **query) == expected


async def test_pages_add_up_to_the_whole(log: Log) -> None:
    first = await entries(log.connection, AuditQuery(limit=4))
    rest = await entries(log.connection, AuditQuery(limit=4, cursor=first.next_cursor))
    assert [entry.position for entry in (*first.items, *rest.items)] == [6, 5, 4, 3, 2, 1]
    assert rest.next_cursor is None
    with pytest.raises(BadCursor):
        await entries(log.connection, AuditQuery(cursor=first.next_cursor, actor=str(ADA)))


async def test_a_page_of_large_entries_ends_early_and_the_cursor_goes_on(log: Log) -> None:
    large = "\U0001f382" * 20_000  # 80 kB, three times in each entry
    await log.append(
        *(
            recorded(TaskUpdated(description=f"{large[n:]}"), stream=TASK_OF_BOB, version=n)
            for n in range(3, 23)
        )
    )
    await log.folded(HISTORY, batch=1_000)
    cursor, seen, pages = None, list[int](), 0
    while pages == 0 or cursor is not None:
        page = await entries(log.connection, AuditQuery(limit=200, cursor=cursor))
        assert page.items
        assert len(msgspec.json.encode(page)) < 2 * MAX_PAGE_BYTES
        seen += [entry.position for entry in page.items]
        cursor, pages = page.next_cursor, pages + 1
    assert seen == list(range(26, 0, -1))
    assert pages > 3


async def test_an_export_gives_every_entry_oldest_first(log: Log) -> None:
    events = [TaskUpdated(title=f"Bob's {number}") for number in range(EXPORT_PAGE)]
    await log.append(
        *(recorded(event, stream=TASK_OF_BOB, version=n) for n, event in enumerate(events, 3))
    )
    await log.folded(HISTORY, batch=1_000)
    until, exported = await last_position(log.connection), list[StoredEntry]()
    query = AuditQuery(owner=BOB, limit=1)
    while page := await export_page(
        log.connection, query, after=exported[-1].position if exported else 0, until=until
    ):
        exported += page
    assert [entry.position for entry in exported] == [2, 4, 6, *range(7, 7 + EXPORT_PAGE)]
    assert all(type(entry) is StoredEntry for entry in exported)


async def test_months_stand_in_partitions_of_their_own(log: Log) -> None:
    cursor = await log.connection.execute(
        "SELECT tableoid::regclass::text, position FROM history ORDER BY position LIMIT 3"
    )
    assert await cursor.fetchall() == [
        ("history_2030_01", 1),
        ("history_2030_02", 2),
        ("history_2030_03", 3),
    ]


@pytest.mark.parametrize("limit", [50, 200])
async def test_a_page_is_decoded_in_pieces_and_others_go_on_between_them(
    log: Log, limit: int
) -> None:
    class Watched(StoredEntry):
        def __post_init__(self) -> None:
            ticker.note()

    text = "x" * 20_000
    changes = [
        recorded(TaskUpdated(description=f"{n}{text}"), stream=TASK_OF_BOB, version=n)
        for n in range(3, 23)
    ]
    await log.append(*changes)
    await log.folded(HISTORY, batch=1_000)
    async with Ticker() as ticker:
        found = await fetch_page(
            log.connection, Watched, "SELECT * FROM history ORDER BY position", limit=limit
        )
    assert len(found.rows) > 15
    assert ticker.most_between_turns() <= 6 + PIECE_BYTES // (3 * len(text)) + 1


class Quoted(Record):
    text: str


@pytest.mark.parametrize("limit", [20, 200])
async def test_a_page_ends_at_its_bytes_of_json_also_where_the_rows_are_smaller(
    log: Log, limit: int
) -> None:
    rows = "SELECT repeat(chr(1), 30000) AS text FROM generate_series(1, 21)"  # 6 bytes each
    page = await fetch_page(log.connection, Quoted, rows, limit=limit)
    assert sum(map(len, page.pieces)) <= MAX_PAGE_BYTES + len(page.pieces) * len("[]")
    assert (len(page.rows), page.more) == (5, True)


@pytest.mark.parametrize("limit", [20, 200])
@pytest.mark.parametrize("rows", [0, 1, 2])
async def test_a_row_larger_than_a_page_is_a_page_of_its_own(
    log: Log, rows: int, limit: int
) -> None:
    select = "SELECT repeat('x', %s) AS text FROM generate_series(1, %s)"
    values = [2 * MAX_PAGE_BYTES, rows]
    page = await fetch_page(log.connection, Quoted, select, values, limit=limit)
    assert (len(page.rows), page.more) == (min(rows, 1), rows == 2)


@pytest.mark.parametrize("rows", [3, 4])
async def test_a_short_page_says_whether_another_row_follows(log: Log, rows: int) -> None:
    select = "SELECT n::text AS text FROM generate_series(1, %s) n"
    page = await fetch_page(log.connection, Quoted, select, [rows], limit=3)
    assert [row.text for row in page.rows] == ["1", "2", "3"]
    assert page.more is (rows == 4)


async def test_entries_come_back_whole_though_the_table_has_only_what_cannot_be_told(
    log: Log,
) -> None:
    task = uuid4()
    events: tuple[AnyEvent, ...] = (
        TaskCreated(owner=ADA, title="Water"),
        TaskUpdated(title="Drown"),
        TaskCompleted(),
    )
    written: list[HistoryEntry] = []
    for version, event in enumerate(events, start=1):
        await log.append(recorded(event, stream=task, version=version, at=EIGHT, actor=str(ADA)))
        await log.folded(HISTORY)  # so that each entry is made from the one before in the table
        position = await last_position(log.connection)
        fact = recorded(
            event, stream=task, version=version, at=EIGHT, actor=str(ADA), position=position
        )
        entry = HISTORY.evolve(written[-1] if written else None, fact)
        assert entry
        written.append(entry)
    page = await entries(log.connection, AuditQuery(entity_id=task))
    shown = msgspec.json.decode(msgspec.json.encode(page.items), type=list[HistoryEntry])[::-1]
    assert [_with_values(entry.state) for entry in shown] == [
        _json(entry.state) for entry in written
    ]
    assert all(entry.state.keys() == shown[0].state.keys() for entry in shown)
    assert [entry.changes for entry in shown[1:]] == [entry.changes for entry in written[1:]]
    assert shown[0].changes["title"] == Change(before=None, after="Water")
    assert all(change.after is not None for change in shown[0].changes.values())
    cursor = await log.connection.execute(
        "SELECT changes, state FROM history WHERE entity_id = %s ORDER BY version", (task,)
    )
    stored = await cursor.fetchall()
    assert [set(changes) for changes, _ in stored] == [set(), {"title"}, {"status", "completed_at"}]
    assert all(None not in state.values() for _, state in stored)


def _json(state: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(state))


def _with_values(state: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in state.items() if value is not None}
