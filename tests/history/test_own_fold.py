"""The checker's fold and the views' agree on every kind of fact, though they share no code."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain.events.recorded import Recorded
from infrastructure.store.event_log import EventLog
from infrastructure.store.mapper import RecordMapper
from projections.view import View
from projections.views.audit_trail.history import History
from projections.views.reminders.due_reminders import DueReminders
from projections.views.tasks.task_list import TaskListView
from tests.history import own_fold
from tests.history.evidence import history_entry, plain_row
from tests.history.own_fold import Fact

GOLDEN = Path(__file__).parents[1] / "golden"
STREAM = UUID(int=7)
FIRST = {"task": "task.created.1", "series": "series.started.1", "account": "account.registered.1"}
FIRST |= {"notification": "notification.requested.1", "session": "session.started.1"}
FIRST |= {"password_reset": "password_reset.requested.1"}


def shuffled(kind: str, *more: str) -> list[Fact]:
    """Return a stream that begins as it must and goes on with every kind of fact, thrice."""
    names = [path.stem for path in sorted(GOLDEN.glob("*.json"))]
    rest = [name for name in names if name.split(".")[0] in (kind, *more)] * 3
    random.Random(kind).shuffle(rest)
    facts = []
    for version, name in enumerate([FIRST[kind], *rest], 1):
        state = json.loads((GOLDEN / f"{name}.json").read_text())
        topic = state["event"]["type"]
        facts.append(Fact(version * 2, str(STREAM), version, topic, state))
    return facts


def folded(view: View[Any], facts: Sequence[Fact]) -> list[Any]:
    """Return what the view has after each of the facts."""
    log, rows, found = EventLog(RecordMapper()), dict[Any, Any](), list[Any]()
    for fact in facts:
        state = json.dumps(fact.state).encode()
        recorded = log.decode(fact.position, STREAM, fact.version, fact.topic, state)
        assert isinstance(recorded, Recorded), recorded
        if isinstance(recorded.event, view.listens_to):
            key = view.key(recorded)
            rows[key] = view.evolve(rows.get(key), recorded)
            found.append(rows[key])
    return found


def test_a_task_after_each_fact() -> None:
    facts = shuffled("task", "reminder")
    tasks = [own_fold.task_list(facts[:end])[str(STREAM)] for end in range(1, len(facts) + 1)]
    rows = [plain_row(msgspec.structs.asdict(row)) for row in folded(TaskListView(), facts)]
    assert tasks == rows


def test_a_reminder_after_each_fact() -> None:
    facts = shuffled("task", "reminder")
    mine = own_fold.due_reminders(facts)
    last = folded(DueReminders(), facts)[-1]
    assert list(mine.values()) == ([plain_row(msgspec.structs.asdict(last))] if last else [])


@pytest.mark.parametrize("kind", FIRST)
def test_an_entry_of_the_history_for_each_fact(kind: str) -> None:
    facts = shuffled(kind, *(["reminder"] if kind == "task" else []))
    entries = [
        msgspec.structs.asdict(entry)
        | {"state": msgspec.json.decode(msgspec.json.encode(entry.state))}
        for entry in folded(History(), facts)
    ]
    shown = [history_entry(plain_row(entry)) for entry in entries]
    for mine, entry in zip(own_fold.history(facts).values(), shown, strict=True):
        assert mine.items() <= entry.items()
