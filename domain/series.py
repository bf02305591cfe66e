"""A series: what recurs, by which rule, and how far it has come."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import UNSET

from domain.events.series import (
    SeriesChanged,
    SeriesEnded,
    SeriesEvent,
    SeriesOccurrenceMissed,
    SeriesOccurrenceRestored,
    SeriesOccurrenceSkipped,
    SeriesOccurrencesMade,
    SeriesSplit,
    SeriesStarted,
)
from domain.generation import Generation, generate, generate_after_completion, next_due, recurs_at
from domain.recurrence.local_time import ZONES_VERSION, resolve, zone
from domain.states.series_state import SeriesState
from domain.values.schedule import Anchor, Materialization, Schedule, Template, TemplateChange
from domain.values.series_tasks import SeriesTask
from domain.values.streams import occurrence_stream
from domain.vocabulary import AccountId, SeriesId, TaskId


class Series(SeriesState):
    """What a series answers to each request: the events that follow."""

    # Decisions: say what happens, change nothing.

    @staticmethod
    def start(
        owner: AccountId,
        template: Template,
        schedule: Schedule,
        first: SeriesTask,
        *,
        continues: SeriesId | None = None,
        made: Sequence[SeriesTask] = (),
    ) -> Sequence[SeriesEvent]:
        """Begin with a task there is; `made` are those for later there are already."""
        latest = made[-1].occurrence if made else first.occurrence
        started = SeriesStarted(
            owner=owner,
            template=template,
            schedule=schedule,
            first=first,
            next_due=next_due(schedule, latest),
            continues=continues,
            made=tuple(made),
        )
        return [started]

    def advance(self, task_id: TaskId, done_at: datetime, now: datetime) -> Sequence[SeriesEvent]:
        """Make the next one, now that a task of it was done, skipped or deleted.

        Whatever happens to another task than the latest leads to nothing: the series has
        gone on from there.
        """
        if not self.running or self.schedule.ahead is not Materialization.NEXT:
            return []
        if self.tasks.get(self.last_generated) != task_id:
            return []
        if self.schedule.anchor is Anchor.COMPLETION:
            generation = generate_after_completion(
                self.schedule,
                self.last_generated,
                done_at,
                now,
                generated_count=self.generated_count,
            )
        else:
            generation = generate(self.schedule, self.last_generated, now)
        return self._record_generation(generation)

    def top_up(self, now: datetime) -> Sequence[SeriesEvent]:
        """Make what ought to be there by now: up to the horizon, or what it is behind with."""
        if not self.running or self.schedule.anchor is Anchor.COMPLETION:
            return []
        if self.schedule.ahead is Materialization.NEXT and not self.needs_more:
            return []
        return self._record_generation(generate(self.schedule, self.last_generated, now))

    def change_template(self, change: TemplateChange) -> Sequence[SeriesEvent]:
        new = self.template.effective(change)
        return [] if new == TemplateChange() else [SeriesChanged(template=new)]

    def change_schedule(
        self, schedule: Schedule, change: TemplateChange, first: SeriesTask
    ) -> Sequence[SeriesEvent]:
        """Go on by another schedule from the task `first`, which is its first occurrence."""
        if schedule == self.schedule:
            return self.change_template(change)
        new = self.template.effective(change)
        changed = SeriesChanged(
            template=UNSET if new == TemplateChange() else new,
            schedule=schedule,
            first=first,
            next_due=next_due(schedule, first.occurrence),
            withdrawn=tuple(
                later.task_id
                for later in self.tasks_after(first)
                if not recurs_at(schedule, later.occurrence)
            ),
        )
        return [changed]

    def split(
        self, at: SeriesTask, following: SeriesId, *, withdraw: bool
    ) -> Sequence[SeriesEvent]:
        """End before this occurrence; the series `following` begins with it."""
        withdrawn = tuple(later.task_id for later in self.tasks_after(at)) if withdraw else ()
        return [SeriesSplit(occurrence=at.occurrence, following=following, withdrawn=withdrawn)]

    def end(self, at: SeriesTask | None = None) -> Sequence[SeriesEvent]:
        """Make no more, and withdraw what was made for later than `at`."""
        if not self.editable:
            return []
        return [SeriesEnded(withdrawn=tuple(later.task_id for later in self.tasks_after(at)))]

    def skip(self, one: SeriesTask) -> Sequence[SeriesEvent]:
        return [SeriesOccurrenceSkipped(occurrence=one.occurrence, task_id=one.task_id)]

    def restore(self, one: SeriesTask) -> Sequence[SeriesEvent]:
        return [SeriesOccurrenceRestored(occurrence=one.occurrence, task_id=one.task_id)]

    def tasks_after(self, than: SeriesTask | None) -> Sequence[SeriesTask]:
        """Return what was made for later than an occurrence, in order."""
        return [
            SeriesTask(occurrence=at, task_id=task_id)
            for at, task_id in self.tasks.items()
            if than is None or (at > than.occurrence and task_id != than.task_id)
        ]

    def _record_generation(self, generation: Generation) -> Sequence[SeriesEvent]:
        facts: list[SeriesEvent] = [
            SeriesOccurrenceMissed(
                occurrence=at,
                task_id=self.task_at(at),
                due_at=resolve(at, zone(self.schedule.timezone)),
            )
            for at in generation.missed
            if at not in self.tasks
        ]
        if generation.made or (generation.missed and not generation.exhausted):
            entries = [
                SeriesTask(occurrence=at, task_id=self.task_at(at)) for at in generation.made
            ]
            facts.append(
                SeriesOccurrencesMade(
                    made=tuple(one for one in entries if one.occurrence not in self.tasks),
                    kept=tuple(one for one in entries if one.occurrence in self.tasks),
                    next_due=generation.next_due,
                    tzdata=ZONES_VERSION,
                    behind=generation.needs_more,
                )
            )
        if generation.exhausted:
            facts.append(SeriesEnded(exhausted=True))
        return facts

    def task_at(self, occurrence: datetime) -> TaskId:
        """Return the task an occurrence is, or would be."""
        if known := self.tasks.get(occurrence):
            return known
        return TaskId(occurrence_stream(self.id or UUID(int=0), occurrence))
