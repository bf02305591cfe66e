"""The tasks of a series, by occurrence."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from domain.record import Record
from domain.vocabulary import TaskId, WallTime

# A change of the series reaches at most so many tasks, the latest; a horizon holds fewer.
MAX_TASKS_KEPT = 1_200


class SeriesTask(Record):
    """An occurrence, by its wall time, and its task."""

    occurrence: WallTime
    task_id: TaskId


TasksByOccurrence: TypeAlias = Mapping[datetime, TaskId]
"""Tasks by the wall time of their occurrence, in this order."""


def merge_bounded(tasks: TasksByOccurrence, new: Sequence[SeriesTask]) -> TasksByOccurrence:
    """Return the tasks with these added, the latest `MAX_TASKS_KEPT` at most."""
    merged = {**tasks, **{entry.occurrence: entry.task_id for entry in new}}
    if tasks and new and new[0].occurrence < max(tasks):
        merged = dict(sorted(merged.items()))
    if len(merged) > MAX_TASKS_KEPT:
        return dict(list(merged.items())[-MAX_TASKS_KEPT:])
    return merged
