"""A series of recurring tasks: its decisions. Its state is in `domain.states.series_state`."""

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
from domain.recurrence.local_time import ZONES_VERSION
from domain.states.series_state import SeriesState
from domain.values.occurrence import occurrence_due
from domain.values.schedule import Anchor, Materialization, Schedule, Template, TemplateChange
from domain.values.series_tasks import SeriesTask
from domain.values.streams import occurrence_stream
from domain.vocabulary import AccountId, SeriesId, TaskId


class Series(SeriesState):
    """A series that answers each request with events."""

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
        """Start with an existing task; `made` are existing tasks of later occurrences."""
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
        """Generate the next occurrence, because a task was done, skipped or deleted.

        Nothing follows from any task but the latest: the series has gone on from there.
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
        """Generate the occurrences that should exist by now: to the horizon, or those missing."""
        if not self.running or self.schedule.anchor is Anchor.COMPLETION:
            return []
        if self.schedule.ahead is Materialization.NEXT and not self.needs_more:
            return []
        return self._record_generation(generate(self.schedule, self.last_generated, now))

    def change_template(self, change: TemplateChange) -> Sequence[SeriesEvent]:
        new = self.template.effective(change)
        if new == TemplateChange():
            return []
        return [SeriesChanged(template=new, dropped_reminders=self._dropped_by(new))]

    def change_schedule(
        self, schedule: Schedule, change: TemplateChange, first: SeriesTask
    ) -> Sequence[SeriesEvent]:
        """Continue by another schedule; the task `first` is its first occurrence."""
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
            dropped_reminders=self._dropped_by(new),
        )
        return [changed]

    def split(
        self, at: SeriesTask, following: SeriesId, *, withdraw: bool
    ) -> Sequence[SeriesEvent]:
        """End before this occurrence, with which the series `following` starts."""
        withdrawn = tuple(later.task_id for later in self.tasks_after(at)) if withdraw else ()
        return [SeriesSplit(occurrence=at.occurrence, following=following, withdrawn=withdrawn)]

    def end(self, at: SeriesTask | None = None) -> Sequence[SeriesEvent]:
        """Generate no further occurrences, and withdraw those later than `at`."""
        if not self.editable:
            return []
        return [SeriesEnded(withdrawn=tuple(later.task_id for later in self.tasks_after(at)))]

    def skip(self, entry: SeriesTask) -> Sequence[SeriesEvent]:
        return [SeriesOccurrenceSkipped(occurrence=entry.occurrence, task_id=entry.task_id)]

    def restore(self, entry: SeriesTask) -> Sequence[SeriesEvent]:
        return [SeriesOccurrenceRestored(occurrence=entry.occurrence, task_id=entry.task_id)]

    def tasks_after(self, than: SeriesTask | None) -> Sequence[SeriesTask]:
        """Return the tasks of occurrences later than this one, in order."""
        return [
            SeriesTask(occurrence=at, task_id=task_id)
            for at, task_id in self.tasks.items()
            if than is None or (at > than.occurrence and task_id != than.task_id)
        ]

    def _dropped_by(self, change: TemplateChange) -> tuple[str, ...]:
        kept = self.template.reminders if change.reminders is UNSET else change.reminders
        return tuple(each for each in self.template.reminders if each not in kept)

    def _record_generation(self, generation: Generation) -> Sequence[SeriesEvent]:
        events: list[SeriesEvent] = [
            SeriesOccurrenceMissed(
                occurrence=at,
                task_id=self.task_at(at),
                **occurrence_due(self.schedule, at).fields,
            )
            for at in generation.missed
            if at not in self.tasks
        ]
        known = self.tasks.keys() | self.withdrawn.keys()
        if generation.made or (generation.missed and not generation.exhausted):
            entries = [
                SeriesTask(occurrence=at, task_id=self.task_at(at)) for at in generation.made
            ]
            events.append(
                SeriesOccurrencesMade(
                    made=tuple(each for each in entries if each.occurrence not in known),
                    kept=tuple(each for each in entries if each.occurrence in known),
                    next_due=generation.next_due,
                    tzdata=ZONES_VERSION,
                    behind=generation.needs_more,
                )
            )
        if generation.exhausted:
            events.append(SeriesEnded(exhausted=True))
        return events

    def task_at(self, occurrence: datetime) -> TaskId:
        """Return the id of the task of an occurrence, whether or not it exists.

        The task that was generated for it may be that of another occurrence by now.
        """
        if known := self.tasks.get(occurrence) or self.withdrawn.get(occurrence):
            return known
        taken = {*self.tasks.values(), *self.withdrawn.values()}
        found = occurrence_stream(self.id or UUID(int=0), occurrence)
        while found in taken:
            found = occurrence_stream(found, occurrence)
        return TaskId(found)
