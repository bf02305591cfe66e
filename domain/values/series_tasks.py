"""The tasks a series has made: which task an occurrence is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from domain.record import Record
from domain.vocabulary import TaskId

# A change reaches the tasks made last, no more than these; what a horizon holds is fewer.
MAX_TASKS_KEPT = 1_200


class SeriesTask(Record):
    """An occurrence, by its wall time, and the task it is."""

    occurrence: datetime
    task_id: TaskId


TasksByOccurrence: TypeAlias = Mapping[datetime, TaskId]
"""Which task an occurrence is, by its wall time; in the order of time."""


def merge_bounded(tasks: TasksByOccurrence, new: Sequence[SeriesTask]) -> TasksByOccurrence:
    """Return the tasks with these among them, and without the earliest where they are many."""
    more = {**tasks, **{one.occurrence: one.task_id for one in new}}
    if tasks and new and new[0].occurrence < max(tasks):
        more = dict(sorted(more.items()))
    if len(more) > MAX_TASKS_KEPT:
        return dict(list(more.items())[-MAX_TASKS_KEPT:])
    return more
