"""Whatever people do, in whatever batches it is read: every road leads to the same row."""

import asyncio
from datetime import date, timedelta
from typing import Any, TypeAlias
from uuid import uuid4

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.command_handler import CommandHandler
from application.commands.tasks import (
    ChangeTask,
    CompleteTask,
    CreateTask,
    DeleteTask,
    ReopenTask,
    RestoreTask,
    TagTask,
    TaskCommand,
    UntagTask,
)
from application.time_travel import as_it_was
from domain.errors import DomainError
from domain.task import Task
from domain.values.task_fields import TaskFields, TaskFieldsChange
from domain.vocabulary import Priority, TaskId
from infrastructure.rebuilding.rebuild import rebuild
from projections.views.audit_trail.audit import AuditQuery, export_page, last_position
from projections.views.audit_trail.history import History
from projections.views.tasks import task_list
from projections.views.tasks.task_list import TaskListView, TaskRow
from tests.support.event_log import EVENTS, Log, open_log
from tests.support.facts import ADA, EIGHT, NINE, TEN, context

# A command and its fields, all but the id of the task.
Asked: TypeAlias = tuple[type[TaskCommand], dict[str, Any]]

TAGS = st.lists(
    st.sampled_from(["home", "a b", 'q"u{o}te', "\\", "ü", "NULL"]), max_size=4, unique=True
).map(tuple)
CHANGES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Water", "Drown"]),
        "description": st.sampled_from(["", 'O\'Hara \\ "x"', "日本\n\tline\\N"]),
        "priority": st.sampled_from(Priority),
        "tags": TAGS,
        "estimate": st.sampled_from([None, "PT1H"]),
        "due_at": st.sampled_from([None, NINE, TEN]),
        "due_on": st.sampled_from([None, date(2030, 1, 1), date(2030, 2, 1)]),
    },
)
COMMANDS: st.SearchStrategy[Asked] = st.one_of(
    st.tuples(
        st.just(ChangeTask),
        CHANGES.map(lambda fields: {"change": TaskFieldsChange(**fields)}),
    ),
    st.tuples(st.just(TagTask), st.fixed_dictionaries({"tags": TAGS})),
    st.tuples(st.just(UntagTask), st.fixed_dictionaries({"tag": st.sampled_from(["home", "ü"])})),
    st.tuples(st.sampled_from([CompleteTask, ReopenTask, DeleteTask, RestoreTask]), st.just({})),
)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(asked=st.lists(COMMANDS, max_size=12), batch=st.integers(1, 5))
def test_any_sequence_of_commands_gives_one_row_on_every_road(
    database_url: str, asked: list[Asked], batch: int
) -> None:
    asyncio.run(every_road(database_url, asked, batch))


async def every_road(url: str, asked: list[Asked], batch: int) -> None:
    async with open_log(url) as log:
        create = CreateTask(
            task_id=TaskId(uuid4()), owner=ADA, fields=TaskFields(title="Begin", tags=("home",))
        )
        state = await decided(log, create, asked)

        # Followed, a few facts at a time.
        await log.folded(TaskListView(), batch=batch)
        row = await task_list.get(log.connection, create.task_id)
        assert row == as_row(state)

        # Told step by step: what each entry says stood after it did stand then.
        await log.folded(History(), batch=batch)
        until = await last_position(log.connection)
        query = AuditQuery(entity_id=create.task_id)
        trail = await export_page(log.connection, query, after=0, until=until)
        assert [entry.version for entry in trail] == list(range(1, state.version + 1))
        for entry in trail:
            then = await as_it_was(log.store, create, context(), version=entry.version)
            assert msgspec.json.decode(entry.state, type=TaskRow) == as_row(then.state)

        # Made anew.
        for view in (TaskListView(), History()):
            followed = await log.rows(view)
            await rebuild(url, view, EVENTS, workers=1, progress=lambda *_: None)
            assert await log.rows(view) == followed


async def decided(log: Log, create: CreateTask, asked: list[Asked]) -> Task:
    """Make a task, ask all this of it, and return how it stands in the end."""
    handler = CommandHandler(log.store)
    state = (await handler.handle(create, context(now=EIGHT))).state
    for minutes, (command, fields) in enumerate(asked, start=1):
        now = EIGHT + timedelta(minutes=minutes)
        try:
            change = command(task_id=create.task_id, **fields)
            state = (await handler.handle(change, context(now=now))).state
        except DomainError:
            continue  # a refusal leaves no trace
    return state


def as_row(state: Task) -> TaskRow:
    return TaskRow(**{field: getattr(state, field) for field in TaskRow.__struct_fields__})
