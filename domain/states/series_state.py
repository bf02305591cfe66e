"""The state of a series, and how its events change it."""

from collections.abc import Sequence
from datetime import date, datetime, time
from operator import attrgetter
from typing import ClassVar, Self, assert_never, get_args

from msgspec import UNSET, field
from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.events.event import Event
from domain.events.recorded import Recorded
from domain.events.series import (
    SeriesChanged,
    SeriesEnded,
    SeriesEvent,
    SeriesOccurrenceMissed,
    SeriesOccurrenceRestored,
    SeriesOccurrenceSkipped,
    SeriesOccurrencesMade,
    SeriesRestored,
    SeriesSplit,
    SeriesStarted,
)
from domain.values.schedule import Schedule, Template
from domain.values.series_tasks import SeriesTask, TasksByOccurrence, merge_bounded
from domain.vocabulary import AccountId, SeriesId

_NEVER = datetime.combine(date.min, time.min)


class SeriesState(Aggregate[SeriesEvent]):
    """The present state of one series. Before it starts it has no owner.

    `last_generated` is the latest occurrence generated or missed, `generated_count` their number.
    `withdrawn` are tasks whose generation was undone; they come back when it is their turn again.
    """

    event_types: ClassVar[frozenset[type[Event]]] = frozenset(get_args(SeriesEvent))

    version: int = 0
    id: SeriesId | None = None
    owner: AccountId | None = None
    template: Template = Template(title="")
    schedule: Schedule = Schedule(rule="", start=_NEVER, timezone="UTC")
    last_generated: datetime = _NEVER
    tasks: TasksByOccurrence = field(default_factory=dict)
    generated_count: int = 0
    next_due: datetime | None = None
    needs_more: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    exhausted: bool = False
    continues: SeriesId | None = None
    following: SeriesId | None = None
    withdrawn: TasksByOccurrence = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether more occurrences may be generated."""
        return self.id is not None and self.ended_at is None

    @property
    def editable(self) -> bool:
        """Whether it can be changed: it is running, or all its occurrences are generated."""
        return self.running or self.exhausted

    def evolve(self, event: SeriesEvent, recorded: Recorded) -> Self:
        now = replace(self, version=recorded.originator_version)
        match event:
            case SeriesStarted():
                return type(self)(
                    version=recorded.originator_version,
                    id=SeriesId(recorded.originator_id),
                    owner=event.owner,
                    template=event.template,
                    schedule=event.schedule,
                    last_generated=event.made[-1].occurrence
                    if event.made
                    else event.first.occurrence,
                    tasks=merge_bounded({}, (event.first, *event.made)),
                    generated_count=1 + len(event.made),
                    next_due=event.next_due,
                    started_at=recorded.recorded_at,
                    continues=event.continues,
                )
            case SeriesChanged():
                return self._changed(event, now)
            case SeriesSplit(following=following):
                ended = replace(now, ended_at=recorded.recorded_at, next_due=None)
                return replace(ended, following=following, exhausted=False)
            case SeriesOccurrencesMade(made=made, kept=kept):
                latest = max(
                    (entry.occurrence for entry in (*made, *kept)), default=self.last_generated
                )
                returned = [entry for entry in kept if entry.occurrence in self.withdrawn]
                new = sorted((*made, *returned), key=attrgetter("occurrence"))
                return replace(
                    now,
                    last_generated=latest,
                    tasks=merge_bounded(self.tasks, new),
                    withdrawn=_without(self.withdrawn, returned),
                    generated_count=self.generated_count + len(new),
                    next_due=event.next_due,
                    needs_more=event.behind,
                )
            case SeriesOccurrenceMissed(occurrence=occurrence):
                return replace(
                    now,
                    last_generated=max(self.last_generated, occurrence),
                    generated_count=self.generated_count + 1,
                )
            case SeriesOccurrenceSkipped() | SeriesOccurrenceRestored():
                return now
            case SeriesRestored():
                return self._restored(event, now)
            case SeriesEnded(exhausted=exhausted):
                ended = replace(now, ended_at=recorded.recorded_at, next_due=None)
                return replace(ended, needs_more=False, exhausted=exhausted)
            case _:
                assert_never(event)

    def _restored(self, event: SeriesRestored, now: Self) -> Self:
        template = event.template
        given = {
            "schedule": event.schedule,
            "last_generated": event.latest,
            "generated_count": event.generated_count,
            "next_due": event.next_due,
            "needs_more": event.behind,
            "ended_at": event.ended_at,
            "exhausted": event.exhausted,
            "following": event.following,
        }
        kept = _without(self.tasks, event.withdrawn)
        withdrawn = merge_bounded(_without(self.withdrawn, event.made), event.withdrawn)
        return replace(
            now,
            template=self.template if template is UNSET else self.template.apply(template),
            tasks=dict(sorted(merge_bounded(kept, event.made).items())),
            withdrawn=withdrawn,
            **{name: value for name, value in given.items() if value is not UNSET},
        )

    def _changed(self, event: SeriesChanged, now: Self) -> Self:
        if event.template is not UNSET:
            now = replace(now, template=self.template.apply(event.template))
        if event.schedule is UNSET or event.first is UNSET or event.next_due is UNSET:
            return now
        others = {at: task for at, task in self.tasks.items() if task != event.first.task_id}
        return replace(
            now,
            schedule=event.schedule,
            last_generated=event.first.occurrence,
            tasks=merge_bounded(others, (event.first,)),
            generated_count=1,
            next_due=event.next_due,
            needs_more=False,
            ended_at=None,
            exhausted=False,
        )


def _without(tasks: TasksByOccurrence, gone: Sequence[SeriesTask]) -> TasksByOccurrence:
    if not gone:
        return tasks
    occurrences = {entry.occurrence for entry in gone}
    return {at: task for at, task in tasks.items() if at not in occurrences}
