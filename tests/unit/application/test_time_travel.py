"""A stream is shown as it was at a moment, and never as it was at none."""

from datetime import timedelta

import pytest

from application.command_handler import CommandHandler
from application.commands.tasks import ChangeTask, CreateTask, TaskStream
from application.time_travel import NotYet, as_it_was
from domain.values.task_fields import TaskFields, TaskFieldsChange
from tests.support.facts import ADA, NINE, TASK, context, recorded
from tests.support.memory import MemoryEventStore

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)
STREAM = TaskStream(task_id=TASK)
CREATE = CreateTask(task_id=TASK, owner=ADA, fields=TaskFields(title="first"))


def rename(title: str) -> ChangeTask:
    return ChangeTask(task_id=TASK, change=TaskFieldsChange(title=title))


async def test_time_never_goes_backwards_in_a_stream() -> None:
    """Two processes with clocks three seconds apart change one task."""
    store = MemoryEventStore()
    ahead, behind = CommandHandler(store), CommandHandler(store)
    late = NINE + 3 * SECOND
    await ahead.handle(CREATE, context(now=late))
    await behind.handle(rename("second"), context(now=NINE))
    await ahead.handle(rename("third"), context(now=late + SECOND))
    await behind.handle(rename("fourth"), context(now=NINE + SECOND))
    await behind.handle(rename("fifth"), context(now=NINE + 2 * SECOND))  # from memory
    moments = [past.recorded_at for past in store.log]
    assert moments == [late, late, *[late + SECOND] * 3]
    for moment, title in ((late, "second"), (late + SECOND, "fifth")):
        past = await as_it_was(store, STREAM, context(), at=moment)
        assert past.state.title == title


async def test_a_moment_shows_all_versions_up_to_one_and_skips_none() -> None:
    """Events of earlier releases may go backwards in time."""
    store = MemoryEventStore()
    handler = CommandHandler(store)
    await handler.handle(CREATE, context(now=NINE))
    events = [(NINE + 3 * SECOND, "second"), (NINE + SECOND, "third")]
    for version, (moment, title) in enumerate(events, start=2):
        [event] = rename(title).decide(
            (await handler.read(STREAM, context())).state, context(now=moment)
        )
        await store.append([recorded(event, stream=TASK, version=version, at=moment)])
    for offset, title in ((0, "first"), (1, "first"), (2, "first"), (3, "third"), (9, "third")):
        past = await as_it_was(store, STREAM, context(), at=NINE + offset * SECOND)
        assert past.state.title == title


async def test_a_moment_before_the_creation_shows_nothing() -> None:
    store = MemoryEventStore()
    await CommandHandler(store).handle(CREATE, context(now=NINE))
    with pytest.raises(NotYet, match="It did not exist then"):
        await as_it_was(store, STREAM, context(), at=NINE - SECOND)
