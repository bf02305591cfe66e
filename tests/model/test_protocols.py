"""The rules that readers and writers keep are enough, each is needed, and yesterday's were not."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, TypeAlias

import pytest

from tests.model.answers import AnswerModel
from tests.model.clients import LiveModel
from tests.model.explorer import Exploration, Explorer, Model, TooManyStates
from tests.model.rules import PROPOSED, TODAY, Rules
from tests.model.streams import StreamModel
from tests.model.views import ViewModel
from tests.model.waiting import WaitingModel
from tests.model.writers import World, Writer

Make: TypeAlias = Callable[[Rules], Model[Any]]

CALM = World(crashes=0, failovers=0)
CRASH = World(inserts=2, failovers=0)
FAILOVER = World(inserts=2, crashes=0)
BOTH = World(inserts=2)
COPY = World(inserts=2, crashes=0, failovers=0, copies=1)
COPY_AND_CRASH = World(writers=(Writer(),), inserts=2, aborts=0, failovers=0, copies=1)
COPY_AND_FAILOVER = World(writers=(Writer(),), inserts=1, aborts=0, crashes=0, copies=1)
TWO_FAILOVERS = World(inserts=2, aborts=0, crashes=0, failovers=2)

MODELS: dict[str, Make] = {
    "a view, three inserts": lambda rules: ViewModel(rules, CALM, another_reader=False),
    "a view and a crash": lambda rules: ViewModel(rules, CRASH),
    "a view and a failover": lambda rules: ViewModel(rules, FAILOVER),
    "a view, a crash and a failover": lambda rules: ViewModel(rules, BOTH),
    "a view and two failovers": lambda rules: ViewModel(rules, TWO_FAILOVERS),
    "live followers and a crash": lambda rules: LiveModel(rules, CRASH),
    "live followers, a crash and a failover": lambda rules: LiveModel(rules, BOTH),
    "live followers and two failovers": lambda rules: LiveModel(rules, TWO_FAILOVERS),
    "live followers and a copy put back": lambda rules: LiveModel(rules, COPY),
    "live followers, a copy and a crash": lambda rules: LiveModel(rules, COPY_AND_CRASH),
    "live followers, a copy and a failover": lambda rules: LiveModel(rules, COPY_AND_FAILOVER),
    "a view and a copy put back": lambda rules: ViewModel(rules, COPY),
    "a wait and a copy put back": lambda rules: WaitingModel(rules, COPY),
    "a wait and a crash": lambda rules: WaitingModel(rules, CRASH),
    "a wait, a crash and a failover": lambda rules: WaitingModel(rules, BOTH),
    "a stream and a failover": lambda rules: StreamModel(rules, events=3),
    "a stream and two failovers": lambda rules: StreamModel(rules, failovers=2),
    "two releases and a failover": lambda rules: StreamModel(rules, events=3, earlier_release=True),
    "an answer and a slow standby": AnswerModel,
}

# Which model shows that a rule is needed.
NEEDED_IN = {
    "high_before_floors": "a view, three inserts",
    "snapshot_after_floor": "a view, three inserts",
    "locks_outlive_commits": "a view, three inserts",
    "rows_and_position_together": "a view and a crash",
    "horizon_is_a_row": "live followers and a crash",
    "new_connections_compare": "a view and a failover",
    "pages_name_their_database": "a stream and a failover",
    "histories_leap": "live followers and two failovers",
    "earlier_copies_begin_histories": "live followers and a copy put back",
    "old_positions_begin_anew": "live followers and two failovers",
    "appends_name_their_database": "a stream and a failover",
    "versions_are_contiguous": "two releases and a failover",
    "commits_are_never_cancelled": "an answer and a slow standby",
    "found_rows_are_confirmed": "an answer and a slow standby",
}


def explore(model: str, rules: Rules) -> Exploration:
    return Explorer(MODELS[model](rules)).explore()


@pytest.mark.parametrize("model", MODELS)
def test_the_rules_keep_every_promise_in_every_state(model: str) -> None:
    found = explore(model, PROPOSED)
    assert found.fault is None, str(found)


@pytest.mark.parametrize("rule", [field.name for field in fields(Rules)])
def test_without_one_of_the_rules_a_promise_is_broken(rule: str) -> None:
    found = explore(NEEDED_IN[rule], replace(PROPOSED, **{rule: False}))
    assert found.fault is not None, f"{rule} is not needed"


@pytest.mark.parametrize(
    ("model", "fault"),
    [
        ("a view, three inserts", None),
        ("a view and a crash", "the view stands at 1 without event 2"),
        ("a view and a failover", "the view shows event 1, which is not in the log"),
        ("live followers and a crash", "the tail stands at 1 and has not heard event 2"),
        ("a view and a copy put back", "the view shows event 1, which is not in the log"),
        (
            "live followers and a copy put back",
            "the tail goes on after event 1, which is lost",
        ),
        ("a wait and a crash", "a read from 1 on lacks event 1"),
        ("a stream and a failover", "the stream has the versions [2]"),
        ("an answer and a slow standby", "an event is visible that the standby lacks"),
    ],
)
def test_the_rules_of_before_kept_their_promises_only_while_nothing_was_lost(
    model: str, fault: str | None
) -> None:
    found = explore(model, TODAY)
    assert found.fault == fault, str(found)


def test_a_position_is_given_twice_after_an_abort_and_a_crash() -> None:
    """The shortest way there: no step of it can be left out."""
    found = explore("a view and a crash", replace(TODAY, pages_name_their_database=True))
    assert [step for step in found.trace if "aborts" in step or "crashes" in step] == [
        "writer 1 aborts, having drawn 1",
        "PostgreSQL crashes, losing the sequence up to 2",
    ]


def test_an_exploration_that_is_cut_short_proves_nothing() -> None:
    with pytest.raises(TooManyStates):
        Explorer(ViewModel(PROPOSED, CALM), most=1_000).explore()
