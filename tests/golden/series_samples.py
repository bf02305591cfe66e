"""A sample of each fact about series and their occurrences."""

from datetime import datetime
from uuid import UUID

from domain.events.occurrences import (
    TaskMadeRecurring,
    TaskMadeSingle,
    TaskOccurrenceGenerated,
    TaskSkipped,
    TaskUnskipped,
)
from domain.events.recorded import AnyEvent
from domain.events.series import (
    SeriesChanged,
    SeriesEnded,
    SeriesOccurrenceMissed,
    SeriesOccurrenceRestored,
    SeriesOccurrenceSkipped,
    SeriesOccurrencesMade,
    SeriesRestored,
    SeriesSplit,
    SeriesStarted,
)
from domain.values.schedule import (
    Anchor,
    Materialization,
    MissedPolicy,
    Schedule,
    Template,
    TemplateChange,
)
from domain.values.series_tasks import SeriesTask
from domain.vocabulary import Priority, SeriesId, TaskId
from tests.support.facts import ADA, LIST, NINE, TASK, TEN

SERIES, OTHER = SeriesId(UUID(int=0x5E)), SeriesId(UUID(int=0x5F))
LOCAL = datetime(2030, 1, 1, 10)  # noqa: DTZ001 - a wall time
FIRST = SeriesTask(occurrence=LOCAL, task_id=TASK)
TEMPLATE = Template(
    title="Water the plants",
    description="All of them.",
    priority=Priority.HIGH,
    tags=("home",),
    list_id=LIST,
    reminders=("P1D",),
)
SCHEDULE = Schedule(
    rule="FREQ=WEEKLY;BYDAY=TU",
    start=LOCAL,
    timezone="Europe/Berlin",
    excluded=(LOCAL,),
    anchor=Anchor.SCHEDULE,
    ahead=Materialization.HORIZON,
    missed=MissedPolicy.GENERATE,
)

SERIES_SAMPLES: tuple[AnyEvent, ...] = (
    TaskOccurrenceGenerated(
        owner=ADA,
        title="Water the plants",
        description="All of them.",
        priority=Priority.HIGH,
        tags=("home",),
        list_id=LIST,
        estimate="PT1H30M",
        due_at=NINE,
        series_id=SERIES,
        occurrence=LOCAL,
        tzdata="2026.6",
    ),
    TaskMadeRecurring(series_id=SERIES, occurrence=LOCAL, due_at=NINE, tzdata="2026.6"),
    TaskMadeSingle(),
    TaskSkipped(),
    TaskUnskipped(),
    SeriesStarted(
        owner=ADA,
        template=TEMPLATE,
        schedule=SCHEDULE,
        first=FIRST,
        next_due=TEN,
        continues=OTHER,
        made=(FIRST,),
    ),
    SeriesChanged(
        template=TemplateChange(title="Water them", reminders=()),
        schedule=SCHEDULE,
        first=FIRST,
        next_due=TEN,
        withdrawn=(TaskId(UUID(int=2)),),
        dropped_reminders=("P1D",),
    ),
    SeriesSplit(occurrence=LOCAL, following=OTHER, withdrawn=(TASK,)),
    SeriesOccurrencesMade(made=(FIRST,), next_due=TEN, tzdata="2026.6", kept=(FIRST,), behind=True),
    SeriesOccurrenceSkipped(occurrence=LOCAL, task_id=TASK),
    SeriesOccurrenceRestored(occurrence=LOCAL, task_id=TASK),
    SeriesOccurrenceMissed(occurrence=LOCAL, task_id=TASK, due_at=NINE),
    SeriesRestored(
        template=TemplateChange(title="Water them"),
        schedule=SCHEDULE,
        latest=LOCAL,
        generated_count=3,
        next_due=TEN,
        behind=False,
        ended_at=None,
        exhausted=False,
        following=None,
        made=(FIRST,),
        withdrawn=(SeriesTask(occurrence=LOCAL, task_id=TaskId(UUID(int=2))),),
    ),
    SeriesEnded(exhausted=True, withdrawn=(TASK,)),
)
