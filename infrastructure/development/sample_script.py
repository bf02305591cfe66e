"""The sample as a script: the commands of a year, each with its moment."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid5

from application.command import Command
from application.commands.recurrence import SetRecurrence
from application.commands.reminders import CancelReminder, SetReminder
from application.commands.series import AdvanceSeries
from application.commands.tasks import (
    ChangeTask,
    CompleteTask,
    CreateTask,
    DeleteTask,
    ReopenTask,
    TagTask,
)
from domain.record import Record
from domain.recurrence.recurrence import next_after, parse_rule
from domain.reminders.of_series import read_series_reminder
from domain.reminders.spec import ReminderSpec
from domain.values.streams import occurrence_stream
from domain.values.task_fields import TaskFields, TaskFieldsChange
from domain.vocabulary import AccountId, Priority, ReminderId, SeriesId, TaskId
from infrastructure.development.sample_words import DETAILS, HABITS, MORE_TAGS, SUBJECTS, Habit

YEAR = timedelta(days=365)
TASKS = 260  # beside the recurring ones
SEED = 1

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
DUE_HOURS = (9, 12, 15, 18)
DEFAULT_REMINDER = "PT0S"  # of the preferences, unless the account changes it
REMINDERS = {"PT1H": HOUR, "P1D": DAY}


class SampleStep(Record):
    """A command that the account, or for it a `reaction`, carries out at a moment."""

    at: datetime
    command: Command[Any]
    reaction: str | None = None


def first_task(account: AccountId) -> TaskId:
    """Return the id of the task that is created first, at the very beginning of the year."""
    return _task(account, 0)


def script(account: AccountId, now: datetime) -> Sequence[SampleStep]:
    """Return the steps of the year before `now`, the same for each account but for the ids.

    No reminder becomes due in the past: what has one is done or deleted before.
    """
    random = Random(SEED)  # noqa: S311 - the same each time on purpose
    steps: list[SampleStep] = []
    for number in range(TASKS):
        created = now - YEAR + (YEAR * number / TASKS)
        if number:
            day = (created + DAY).replace(second=0, microsecond=0)
            created = day.replace(hour=random.randrange(7, 22), minute=random.randrange(60))
        task = list(_task_steps(random, account, _task(account, number), created, now))
        steps += _without_ringing([step for step in task if step.at < now], now)
    for number, habit in enumerate(HABITS):
        steps += _habit_steps(random, account, number, habit, now)
    return sorted((step for step in steps if step.at < now), key=lambda step: step.at)


def _task_steps(
    random: Random, account: AccountId, task: TaskId, created: datetime, now: datetime
) -> Iterator[SampleStep]:
    subject = random.choice(SUBJECTS)
    due = _due(random, created) if random.random() < 0.7 else None
    fields = TaskFields(
        title=subject.pattern.format(random.choice(subject.objects)),
        tags=subject.tags,
        priority=subject.priority,
        due_at=due,
    )
    yield SampleStep(at=created, command=CreateTask(task_id=task, owner=account, fields=fields))
    end = created + timedelta(hours=random.uniform(3, 24 * 12))
    before, lead = random.choice(list(REMINDERS.items()))
    reminded = due is not None and due - lead > created + HOUR and random.random() < 0.5
    if reminded and due is not None:
        end = created + (due - lead - created) * random.uniform(0.3, 0.95)
        if end < now or due - lead > now + HOUR:
            reminder = ReminderId(uuid5(task, before))
            command = SetReminder(
                task_id=task,
                reminder_id=reminder,
                series_id=SeriesId(uuid5(task, "series")),
                spec=ReminderSpec(before=before),
            )
            yield SampleStep(at=created + MINUTE, command=command)
    halfway = created + (end - created) / 2
    if random.random() < 0.2:
        change = TaskFieldsChange(description=random.choice(DETAILS))
        yield SampleStep(at=halfway, command=ChangeTask(task_id=task, change=change))
    if random.random() < 0.15:
        change = TaskFieldsChange(priority=random.choice(list(Priority)))
        yield SampleStep(at=halfway + MINUTE, command=ChangeTask(task_id=task, change=change))
    if random.random() < 0.2:
        tags = (random.choice(MORE_TAGS),)
        yield SampleStep(at=halfway + 2 * MINUTE, command=TagTask(task_id=task, tags=tags))
    match random.choices(["done", "deleted", "reopened", "open"], [84, 6, 5, 5])[0]:
        case "deleted":
            yield SampleStep(at=end, command=DeleteTask(task_id=task))
        case "reopened" if not reminded:
            yield SampleStep(at=end, command=CompleteTask(task_id=task))
            yield SampleStep(at=end + HOUR, command=ReopenTask(task_id=task))
            yield SampleStep(at=end + DAY, command=CompleteTask(task_id=task))
        case "open" if not reminded:
            pass
        case _:
            yield SampleStep(at=end, command=CompleteTask(task_id=task))


def _without_ringing(steps: list[SampleStep], now: datetime) -> list[SampleStep]:
    """Return the steps of a task; if it is overdue, its default reminder is cancelled at last."""
    fates = [s for s in steps if isinstance(s.command, CompleteTask | DeleteTask | ReopenTask)]
    is_open = not fates or isinstance(fates[-1].command, ReopenTask)
    created = steps[0].command if steps else None
    if not isinstance(created, CreateTask) or created.fields.due_at is None:
        return steps
    if not is_open or created.fields.due_at > now:
        return steps
    task = created.task_id
    cancel = CancelReminder(
        task_id=task,
        reminder_id=read_series_reminder(DEFAULT_REMINDER).of_task(task),
        series_id=SeriesId(uuid5(task, "no series")),
    )
    return [
        *steps,
        SampleStep(at=max(step.at for step in steps) + timedelta(seconds=1), command=cancel),
    ]


def _habit_steps(
    random: Random, account: AccountId, number: int, habit: Habit, now: datetime
) -> Iterator[SampleStep]:
    """Yield the steps of a recurring task, up to the occurrence that is not done yet."""
    series = SeriesId(uuid5(account, f"sample habit {number}"))
    task = TaskId(uuid5(account, f"sample habit {number}, the first task"))
    begun = now - YEAR + (number + 1) * 5 * DAY
    start = (begun + 3 * DAY).replace(hour=habit.hour, minute=0, second=0, microsecond=0)
    recurrence = parse_rule(habit.rule, start.replace(tzinfo=None), "UTC", ())
    fields = TaskFields(title=habit.title, tags=habit.tags, due_at=start)
    yield SampleStep(at=begun, command=CreateTask(task_id=task, owner=account, fields=fields))
    recur = SetRecurrence(
        task_id=task,
        series_id=series,
        rule=habit.rule,
        timezone="UTC",
        reminders=habit.reminders,
    )
    yield SampleStep(at=begun + MINUTE, command=recur)
    occurrence = next_after(recurrence, recurrence.start - timedelta(seconds=1))
    while occurrence is not None:
        due = occurrence.replace(tzinfo=UTC)
        done = due + timedelta(hours=habit.hours, minutes=random.randrange(50))
        if done >= now:
            return
        yield SampleStep(at=done, command=CompleteTask(task_id=task))
        advance = AdvanceSeries(series_id=series, task_id=task, done_at=done)
        yield SampleStep(at=done + timedelta(seconds=1), command=advance, reaction="recurrence")
        occurrence = next_after(recurrence, occurrence)
        if occurrence is not None:
            task = TaskId(occurrence_stream(series, occurrence))


def _task(account: AccountId, number: int) -> TaskId:
    return TaskId(uuid5(account, f"sample task {number}"))


def _due(random: Random, created: datetime) -> datetime:
    day = created + timedelta(days=random.randrange(1, 15))
    return day.replace(hour=random.choice(DUE_HOURS), minute=0, second=0, microsecond=0)
