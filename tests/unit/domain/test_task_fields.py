"""A field of a task is in every record that must have it."""

import pytest

from domain.events.tasks import TaskUpdated
from domain.record import Record
from domain.values.schedule import Template, TemplateChange
from domain.values.task_fields import (
    TaskContent,
    TaskContentChange,
    TaskDetails,
    TaskDetailsChange,
    TaskFields,
    TaskFieldsChange,
)
from interfaces.http.tasks.task_bodies import NewTask, TaskChange


@pytest.mark.parametrize(
    ("record", "change"),
    [
        (TaskDetails, TaskDetailsChange),
        (TaskDetails, TaskUpdated),
        (TaskContent, TaskContentChange),
        (TaskFields, TaskFieldsChange),
        (TaskFields, TaskChange),
        (Template, TemplateChange),
    ],
)
def test_what_can_be_set_can_be_changed(record: type[Record], change: type[Record]) -> None:
    assert change.__struct_fields__ == record.__struct_fields__


def test_a_new_task_has_a_recurrence_and_reminders_beside_its_fields() -> None:
    fields = (*TaskFields.__struct_fields__, "recurrence", "reminders")
    assert NewTask.__struct_fields__ == fields


def test_a_change_keeps_what_is_new_alone() -> None:
    present = TaskContent(title="Water", tags=("home",))
    change = TaskContentChange(title="Water", description="All", tags=())
    assert change.given() == {"title": "Water", "description": "All", "tags": ()}
    assert change.effective(present) == {"description": "All", "tags": ()}
    assert change.effective(present, TaskDetails) == {"description": "All"}
