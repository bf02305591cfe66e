"""The fold of the page and the view task_list say the same of every history."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from typing import Any, get_args
from uuid import UUID

import msgspec
from eventsourcing.persistence import StoredEvent

from domain.aggregate import fold
from domain.errors import DomainError
from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.events.tasks import TaskEvent
from domain.task import Task
from domain.values.task_fields import TaskFields, TaskFieldsChange
from domain.vocabulary import Priority
from infrastructure.store.mapper import RecordMapper
from projections.publishing.cloud_events import to_cloud_event
from projections.views.tasks.task_list import TaskListView, TaskRow
from tests.golden.samples import FOLDER, SAMPLES
from tests.page.node import evaluate
from tests.support.facts import ADA, EIGHT, TASK, recorded
from tests.support.seed import SEED

FOLD = """
import { fold, knows } from "./model/fold.js";
export default (histories) => histories.map((events) => events.reduce((task, event) => {
  if (!knows(event.type)) throw new Error(`The fold does not know ${event.type}`);
  return fold(task, event);
}, undefined) ?? null);
"""
OF_TASKS: tuple[type[Event], ...] = get_args(TaskEvent)
CREATED = Task.create(ADA, TaskFields(title="Water the plants", tags=("home",)))


def test_both_folds_agree_after_each_event_of_a_task_in_every_form_that_was_ever_stored() -> None:
    golden = [
        RecordMapper()
        .to_recorded(StoredEvent(TASK, 2, path.name.rsplit(".", 2)[0], path.read_bytes()), 2)
        .event
        for path in sorted(FOLDER.glob("*.json"))
    ]
    after = [event for event in [*golden, *SAMPLES] if isinstance(event, OF_TASKS)]
    assert {type(event) for event in after} == set(OF_TASKS)
    both_folds_agree([history([*CREATED, event]) for event in after])
    both_folds_agree([history([event]) for event in after if hasattr(event, "owner")])


def test_both_folds_agree_on_random_histories() -> None:
    draw = random.Random(SEED)
    both_folds_agree([history(random_events(draw)) for _ in range(300)])


def history(events: Sequence[Any]) -> list[Recorded]:
    return [
        recorded(event, version=number, position=number, at=EIGHT + timedelta(minutes=number))
        for number, event in enumerate(events, start=1)
    ]


def both_folds_agree(histories: Sequence[Sequence[Recorded]]) -> None:
    view, expected = TaskListView(), []
    for events in histories:
        row: TaskRow | None = None
        for each in events:
            row = view.evolve(row, each)
        expected.append(msgspec.json.decode(msgspec.json.encode(row)))
    heard = [[published(each) for each in events] for events in histories]
    folded = evaluate(FOLD, heard)
    for row_told, task, told in zip(expected, folded, heard, strict=True):
        assert task == row_told, told


def published(each: Recorded) -> dict[str, Any]:
    event = to_cloud_event(each, ADA)
    assert event is not None
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(event))
    return {"type": told["type"], "subject": told["subject"], "data": told["data"]} | {
        "time": told["time"],
        "position": each.position,
    }


def random_events(draw: random.Random) -> list[Any]:
    """The events that up to twelve random requests to one task lead to."""
    events = list(CREATED)
    for step in range(draw.randint(1, 12)):
        task, now = fold(Task(), history(events)), EIGHT + timedelta(days=step + 1)
        tags = draw.sample(["home", "work", "q4", "urgent"], draw.randint(0, 3))
        change = draw.choice(
            [
                TaskFieldsChange(title=f"Title {step}", priority=draw.choice(list(Priority))),
                TaskFieldsChange(due_on=date(2030, 2, draw.randint(1, 28))),
                TaskFieldsChange(due_at=now, estimate="PT30M"),
                TaskFieldsChange(due_at=None, due_on=None, description="Said\nmore"),
                TaskFieldsChange(tags=tuple(tags)),
            ]
        )
        requests: list[Callable[[], Sequence[Any]]] = [
            task.complete,
            task.delete,
            partial(task.reopen, now),
            partial(task.restore, now),
            partial(task.change, change, now),
            partial(task.change, change, now),
            partial(task.tag, tags),
        ]
        with suppress(DomainError):
            events.extend(draw.choice(requests)())
    return events


def test_an_event_of_a_task_that_is_not_known_changes_nothing() -> None:
    event = published(recorded(SAMPLES[0], version=3, stream=UUID(int=9)))
    found = evaluate(FOLD, [[event | {"type": "task.completed", "data": {"version": 3}}]])
    assert found == [None]
