"""Whenever people do things, every occurrence of a series is made or missed, once and in order."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from hypothesis import example, given, settings
from hypothesis import strategies as st

from application.commands.occurrence_changes import ChangeOccurrences, SkipOccurrence
from application.commands.recurrence import SeriesScope
from application.commands.series import TopUpSeries
from application.commands.tasks import CompleteTask, DeleteTask, ReopenTask
from domain.errors import DomainError
from domain.events.series import SeriesOccurrenceMissed, SeriesOccurrencesMade, SeriesStarted
from domain.generation import MAX_MISSED
from domain.recurrence.recurrence import occurrences
from domain.values.schedule import Materialization, MissedPolicy
from domain.values.task_fields import TaskContentChange
from tests.golden.series_samples import OTHER, SERIES
from tests.support.series_scenario import SeriesScenario
from tests.unit.domain.recurrence.rules import zones

DUE = datetime(2030, 1, 1, 8, tzinfo=UTC)
RULES = st.sampled_from(
    [
        "FREQ=DAILY",
        "FREQ=DAILY;COUNT=9",
        "FREQ=DAILY;BYHOUR=6,18",
        "FREQ=WEEKLY;BYDAY=TU,SU",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;COUNT=6",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20301231T235959Z",
    ]
)
# What is done, to which of the tasks there are, after how many hours.
STEPS = st.lists(
    st.tuples(
        st.sampled_from([CompleteTask, ReopenTask, DeleteTask, SkipOccurrence, TopUpSeries]),
        st.integers(0, 40),
        st.integers(0, 24 * 30),  # all in all less than the year within which all is recorded
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@example(  # two hundred days without a top-up: more than are recorded one by one
    rule="FREQ=DAILY;BYHOUR=6,18",
    timezone="UTC",
    ahead=Materialization.HORIZON,
    missed=MissedPolicy.SKIP,
    steps=[*[(ReopenTask, 0, 24 * 40)] * 5, (TopUpSeries, 0, 0)],
)
@given(
    rule=RULES,
    timezone=zones,
    ahead=st.sampled_from(Materialization),
    missed=st.sampled_from(MissedPolicy),
    steps=STEPS,
)
def test_every_occurrence_is_made_or_missed_once_and_in_order(
    rule: str,
    timezone: str,
    ahead: Materialization,
    missed: MissedPolicy,
    steps: list[tuple[type, int, int]],
) -> None:
    scenario = asyncio.run(told(rule, timezone, ahead, missed, steps))
    (started,) = scenario.happened(SeriesStarted)
    dealt_with = [started.first.occurrence, *dealt(scenario)]
    recurrence = started.schedule.recurrence
    expected = list(takewhile(lambda at: at <= dealt_with[-1], occurrences(recurrence)))
    missed_one_by_one = {one.occurrence for one in scenario.happened(SeriesOccurrenceMissed)}
    assert dealt_with == without_dropped(expected, set(dealt_with), missed_one_by_one)


def without_dropped(
    expected: list[datetime], dealt_with: set[datetime], missed: set[datetime]
) -> list[datetime]:
    """Leave out what may go unrecorded: what came before the latest missed of a long absence."""
    kept: list[datetime] = []
    run = 0  # of those recorded as missed, counted from the end
    for at in reversed(expected):
        if at not in dealt_with and run >= MAX_MISSED:
            continue
        run = run + 1 if at in missed else 0
        kept.append(at)
    return kept[::-1]


@settings(max_examples=100, deadline=None)
@given(rule=RULES, timezone=zones, cut=st.integers(0, 12))
def test_a_split_anywhere_leaves_out_nothing_and_repeats_nothing(
    rule: str, timezone: str, cut: int
) -> None:
    """Both parts together have what the whole would have, and what was before is as it was."""
    scenario, kept, taken = asyncio.run(split(rule, timezone, cut))
    first, *others = scenario.happened(SeriesStarted)
    whole = occurrences(first.schedule.recurrence, limit=400)
    assert kept + taken == list(whole)[: len(kept + taken)]
    if not kept:
        assert others == []  # what begins with the first is all of it
        return
    (after,) = others
    rest = list(occurrences(after.schedule.recurrence, limit=300))
    assert after.first.occurrence == rest[0]
    assert [*kept, *rest] == list(
        occurrences(first.schedule.recurrence, limit=len(kept) + len(rest))
    )


async def split(
    rule: str, timezone: str, cut: int
) -> tuple[SeriesScenario, list[datetime], list[datetime]]:
    """Fill a horizon and change the title from one of its tasks on; return who has which."""
    scenario = await told(rule, timezone, Materialization.HORIZON, MissedPolicy.SKIP, [])
    made = (await scenario.series()).tasks
    task = list(made.values())[cut % len(made)]
    following = ChangeOccurrences(
        task_id=task,
        series_id=OTHER,
        scope=SeriesScope.FOLLOWING,
        change=TaskContentChange(title="Feed the cat"),
    )
    await scenario.ask(following)
    await scenario.react()
    tasks = [await scenario.task(task) for task in made.values()]
    places = [(task.title, task.series_id, task.occurrence) for task in tasks]
    kept = [wall for title, series, wall in places if (title, series) == ("Water", SERIES) and wall]
    taken = [wall for title, _, wall in places if title == "Feed the cat" and wall]
    return scenario, kept, taken


def dealt(scenario: SeriesScenario) -> list[datetime]:
    """What was made or missed, in the order in which the series said so."""
    found: list[datetime] = []
    for past in scenario.store.log:
        if isinstance(past.event, SeriesOccurrenceMissed):
            found.append(past.event.occurrence)
        elif isinstance(past.event, SeriesOccurrencesMade):
            found += [one.occurrence for one in past.event.made]
    return found


async def told(
    rule: str,
    timezone: str,
    ahead: Materialization,
    missed: MissedPolicy,
    steps: list[tuple[type, int, int]],
) -> SeriesScenario:
    scenario = SeriesScenario(DUE - timedelta(hours=1))
    await scenario.begin(rule, due_at=DUE, timezone=timezone, ahead=ahead, missed=missed)
    await scenario.react()
    for command, which, hours in steps:
        scenario.now += timedelta(hours=hours)
        tasks = list((await scenario.series()).tasks.values())
        task = tasks[which % len(tasks)]
        if command is TopUpSeries:
            await scenario.ask(TopUpSeries(series_id=SERIES), by="system:horizon")
        else:
            try:
                await scenario.ask(command(task_id=task))
            except DomainError:
                continue  # a refusal leaves no trace
        await scenario.react()
    return scenario
