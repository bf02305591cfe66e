"""An estimate is a duration from 1 minute to 999 hours, and a series repeats it."""

from datetime import UTC, datetime

import pytest

from application.commands.occurrence_changes import ChangeOccurrences
from application.commands.recurrence import SeriesScope
from application.commands.tasks import ChangeTask, CreateTask
from domain.errors import DurationRefused
from domain.events.occurrences import TaskOccurrenceGenerated
from domain.events.series import SeriesChanged
from domain.events.tasks import TaskCreated, TaskUpdated
from domain.values.task_fields import TaskContentChange, TaskFields, TaskFieldsChange
from tests.golden.series_samples import OTHER
from tests.support.facts import ADA, TASK
from tests.support.scenario import given
from tests.support.series_scenario import SeriesScenario

CREATED = TaskCreated(owner=ADA, title="Water", estimate="PT1H")
DUE = datetime(2030, 1, 1, 8, tzinfo=UTC)


def create(estimate: str) -> CreateTask:
    fields = TaskFields(title="Water", estimate=estimate)
    return CreateTask(task_id=TASK, owner=ADA, fields=fields)


def change(estimate: str | None) -> ChangeTask:
    return ChangeTask(task_id=TASK, change=TaskFieldsChange(estimate=estimate))


@pytest.mark.parametrize("estimate", ["PT1M", "PT60S", "PT999H", "PT90M", "P1D", "P5W", "PT1H30M"])
def test_an_estimate_is_kept_as_it_is_written(estimate: str) -> None:
    given().when(create(estimate.lower())).then(
        TaskCreated(owner=ADA, title="Water", estimate=estimate)
    )
    given(CREATED).when(change(estimate)).then(TaskUpdated(estimate=estimate))


@pytest.mark.parametrize(
    "estimate", ["", "PT0S", "PT59S", "PT999H1S", "P42D", "90", "1h", "PT1.5H", "P1M", "-PT1H"]
)
def test_any_other_estimate_is_refused(estimate: str) -> None:
    given().when(create(estimate)).then_refused(DurationRefused)
    given(CREATED).when(change(estimate)).then_refused(DurationRefused)


def test_null_removes_an_estimate_and_the_same_changes_nothing() -> None:
    given(CREATED).when(change(None)).then(TaskUpdated(estimate=None))
    given(CREATED).when(change("pt1h")).then_nothing()


@pytest.mark.anyio
async def test_a_series_repeats_the_estimate_of_its_task() -> None:
    scenario = SeriesScenario(DUE)
    await scenario.begin("FREQ=DAILY", due_at=DUE)
    to_all = ChangeOccurrences(
        task_id=TASK,
        series_id=OTHER,
        scope=SeriesScope.ALL,
        change=TaskContentChange(estimate="pt45m"),
    )
    await scenario.ask(to_all)
    (changed,) = scenario.happened(SeriesChanged)
    assert changed.template.estimate == "PT45M"
    await scenario.complete(TASK)
    await scenario.react()
    (generated,) = scenario.happened(TaskOccurrenceGenerated)
    assert generated.estimate == "PT45M"
