"""The tasks a series has made: which task an occurrence is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from domain.record import Record
from domain.vocabulary import TaskId

# A change reaches the tasks made last, no more than these; what a horizon holds is fewer.
MOST_REMEMBERED = 1_200


class Made(Record):
    """An occurrence, by its wall time, and the task it is."""

    occurrence: datetime
    task_id: TaskId


Tasks: TypeAlias = Mapping[datetime, TaskId]
"""Which task an occurrence is, by its wall time; in the order of time."""


def remembered(tasks: Tasks, made: Sequence[Made]) -> Tasks:
    """Return the tasks with these among them, and without the earliest where they are many."""
    more = {**tasks, **{one.occurrence: one.task_id for one in made}}
    if tasks and made and made[0].occurrence < max(tasks):
        more = dict(sorted(more.items()))
    if len(more) > MOST_REMEMBERED:
        return dict(list(more.items())[-MOST_REMEMBERED:])
    return more
