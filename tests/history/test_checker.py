"""The checker finds nothing in a run that is right, and every sort of fault in one that is not."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.history import own_fold
from tests.history.checker import (
    CHECKS,
    FOLDS,
    Evidence,
    Heard,
    Loss,
    ViewTable,
    check,
    lost_answers,
)
from tests.history.own_fold import Fact
from tests.history.own_ids import correlation_id
from tests.history.record import Answer, History, Recorder, Request, read

ADA, TASK, REMINDER, NOTICE = "ada", "task-1", "reminder-1", "notice-1"
SECRET = b"the secret of an installation, 32"
RING = {"reminder_id": REMINDER, "due_at": "2030-01-01T09:00:00Z"}


def fact(position: int, stream: str, version: int, topic: str, by: str, /, **event: Any) -> Fact:
    at = f"2030-01-01T08:00:{position:02}Z"
    state = {"event": {"type": topic, **event}, "recorded_at": at, "actor": ADA}
    cause = correlation_id(SECRET, ADA, by)
    return Fact(position, stream, version, topic, state | {"correlation_id": cause})


def right() -> tuple[History, Evidence]:
    """Return a run without a fault: a task is made, changed, reminded of, and completed."""
    facts = [
        fact(1, "key-1", 1, "request.answered", "r1", subject=TASK, version=1),
        fact(2, TASK, 1, "task.created", "r1", owner=ADA, title="Water", tags=["home"]),
        fact(3, TASK, 2, "task.updated", "r2", title="Water them"),
        fact(4, TASK, 3, "task.updated", "r3", title="Water them all"),
        fact(6, TASK, 4, "reminder.set", "r4", owner=ADA, **RING),
        fact(7, TASK, 5, "reminder.triggered", "s", reminder_id=REMINDER, next_at=None),
        fact(8, NOTICE, 1, "notification.requested", "s", channel="webhook", **RING),
        fact(9, NOTICE, 2, "notification.sent", "s"),
        fact(12, TASK, 6, "task.completed", "r5"),
    ]
    history = History()
    for id, kind, position, version in (  # noqa: A001 - the field's name
        ("r1", "create", 2, 1),
        ("r2", "change", 3, 2),
        ("r3", "change", 4, 3),
        ("r4", "remind", 6, 4),
        ("r5", "complete", 12, 6),
    ):
        key = "key-1" if id == "r1" else None
        history.asked(Request(id, ADA, kind, "POST", "/tasks", key=key))
        history.answered(Answer(id, "ok", 200, f"body of {id}", position, version, TASK))
    history.asked(Request("r6", ADA, "delete", "DELETE", "/tasks/task-1"))
    history.answered(Answer("r6", "fail", 412))
    history.asked(Request("r7", ADA, "reopen", "POST", "/tasks/task-1/reopen"))
    history.answered(Answer("r7", "unknown"))
    views = {name: ViewTable(12, deepcopy(FOLDS[name](facts))) for name in FOLDS}
    told = [2, 4, 6, 7, 12]  # the two changes are told as one
    evidence = Evidence(
        facts,
        SECRET,
        views,
        heard=[Heard(ADA, 1, [*told])],
        exports={ADA: [2, 3, 4, 6, 7, 12]},
        kafka=[("task-events", ADA, p) for p in (2, 3, 4, 3, 4, 6, 7, 12)],
        received=[NOTICE, NOTICE],
        received_before=[NOTICE],
    )
    return history, evidence


def test_a_run_without_a_fault_has_no_violation() -> None:
    assert check(*right()) == []


def without(evidence: Evidence, position: int) -> None:
    evidence.facts = [each for each in evidence.facts if each.position != position]


def lost_create(_: History, evidence: Evidence) -> None:
    evidence.facts = evidence.facts[2:]


def lost_tail(_: History, evidence: Evidence) -> None:
    without(evidence, 12)


def doubled(_: History, evidence: Evidence) -> None:
    evidence.facts = [*evidence.facts, fact(13, TASK, 7, "task.completed", "r5")]


def refused_and_recorded(_: History, evidence: Evidence) -> None:
    evidence.facts = [*evidence.facts, fact(13, TASK, 7, "task.deleted", "r6")]


def half_written(_: History, evidence: Evidence) -> None:
    without(evidence, 1)


def answered_otherwise(history: History, _: Evidence) -> None:
    history.answered(Answer("r1", "ok", 200, "another body", 2, 1, TASK))


def broken(history: History, _: Evidence) -> None:
    history.answered(Answer("r7", "unknown", 500, "internal"))


def version_skipped(_: History, evidence: Evidence) -> None:
    without(evidence, 4)


def reordered(_: History, evidence: Evidence) -> None:
    first, second = evidence.facts[2], evidence.facts[3]
    swapped = [first._replace(position=4), second._replace(position=3)]
    evidence.facts = [*evidence.facts[:2], *swapped, *evidence.facts[4:]]


def given_again(_: History, evidence: Evidence) -> None:
    evidence.losses = [Loss([evidence.facts[-1]], 20, synchronous=False)]


def phantom_row(_: History, evidence: Evidence) -> None:
    evidence.views["task_list"].rows["task-2"] = dict(evidence.views["task_list"].rows[TASK])


def wrong_row(_: History, evidence: Evidence) -> None:
    evidence.views["task_list"].rows[TASK]["title"] = "Water"


def missing_row(_: History, evidence: Evidence) -> None:
    del evidence.views["due_reminders"].rows[REMINDER]


def missing_entry(_: History, evidence: Evidence) -> None:
    del evidence.views["history"].rows["3"]


def stuck_view(_: History, evidence: Evidence) -> None:
    facts = [each for each in evidence.facts if each.position <= 9]
    evidence.views["task_list"] = ViewTable(9, own_fold.task_list(facts))


def unheard(_: History, evidence: Evidence) -> None:
    evidence.heard[0].positions.remove(7)


def merged_into_nothing(_: History, evidence: Evidence) -> None:
    evidence.heard[0].positions.remove(4)


def heard_twice(_: History, evidence: Evidence) -> None:
    evidence.heard[0].positions.insert(1, 2)


def heard_a_phantom(_: History, evidence: Evidence) -> None:
    evidence.heard[0].positions.append(13)


def export_without_one(_: History, evidence: Evidence) -> None:
    evidence.exports[ADA].remove(3)


def kafka_without_one(_: History, evidence: Evidence) -> None:
    evidence.kafka = [each for each in evidence.kafka or () if each[2] != 6]


def kafka_out_of_order(_: History, evidence: Evidence) -> None:
    evidence.kafka = sorted(evidence.kafka or (), key=lambda each: -each[2])


def sent_and_not_received(_: History, evidence: Evidence) -> None:
    evidence.received = []


def rung_twice(_: History, evidence: Evidence) -> None:
    again = fact(13, "notice-2", 1, "notification.requested", "s", channel="webhook", **RING)
    evidence.facts = [*evidence.facts, again]


Plant: TypeAlias = Callable[[History, Evidence], None]
PLANTED: list[tuple[Plant, str]] = [
    (lost_create, "acknowledged is recorded"),
    (lost_tail, "acknowledged is recorded"),
    (doubled, "nothing is recorded twice"),
    (refused_and_recorded, "refused is not recorded"),
    (half_written, "whole or not at all"),
    (answered_otherwise, "one key, one answer"),
    (broken, "no answer is a 500"),
    (version_skipped, "versions are contiguous"),
    (reordered, "streams are in order"),
    (given_again, "positions are given once"),
    (phantom_row, "views are the fold of the log"),
    (wrong_row, "views are the fold of the log"),
    (missing_row, "views are the fold of the log"),
    (missing_entry, "views are the fold of the log"),
    (stuck_view, "views are the fold of the log"),
    (unheard, "listeners hear each once, in order"),
    (merged_into_nothing, "listeners hear each once, in order"),
    (heard_twice, "listeners hear each once, in order"),
    (heard_a_phantom, "listeners hear each once, in order"),
    (export_without_one, "exports are complete"),
    (kafka_without_one, "Kafka has each, in order"),
    (kafka_out_of_order, "Kafka has each, in order"),
    (sent_and_not_received, "webhooks received what was sent"),
    (rung_twice, "webhooks received what was sent"),
]


@pytest.mark.parametrize(
    ("plant", "expected"), PLANTED, ids=lambda each: getattr(each, "__name__", "")
)
def test_a_planted_fault_is_found(plant: Plant, expected: str) -> None:
    history, evidence = right()
    plant(history, evidence)
    assert expected in {violation.check for violation in check(history, evidence)}


def test_every_check_is_shown_to_find_something() -> None:
    assert {expected for _, expected in PLANTED} == set(CHECKS)


def failed_over(*, synchronous: bool = False, lost: int | None = None) -> tuple[History, Evidence]:
    """Return the run without a fault after a failover, to a standby that lacked its last fact.

    The fact is gone from the log and all views, and whoever heard it was told to begin anew. With
    `lost`, the former primary has the fact at this position instead.
    """
    history, evidence = right()
    last = evidence.facts[-1]
    without(evidence, last.position)
    end = evidence.facts[-1].position
    evidence.views = {name: ViewTable(end, FOLDS[name](evidence.facts)) for name in FOLDS}
    evidence.exports[ADA].remove(last.position)
    evidence.heard[0].positions += [None, end]
    facts = [last._replace(position=lost or last.position)]
    evidence.losses = [Loss(facts, 20, synchronous)]
    return history, evidence


def test_what_a_standby_lacked_may_be_lost_with_the_primary() -> None:
    history, evidence = failed_over()
    assert check(history, evidence) == []
    assert lost_answers(history, evidence) == 1


def test_nothing_else_may_be_lost_however_near_to_it() -> None:
    history, evidence = failed_over(lost=13)  # nobody was answered with 13
    found = {each.check for each in check(history, evidence)}
    assert found == {
        "acknowledged is recorded",
        "listeners hear each once, in order",
        "Kafka has each, in order",
    }
    assert lost_answers(history, evidence) == 0


def test_what_commits_wait_for_the_standby_with_may_be_seen_and_not_be_acknowledged() -> None:
    history, evidence = failed_over(synchronous=True)
    assert {each.check for each in check(history, evidence)} == {"acknowledged is recorded"}
    assert lost_answers(history, evidence) == 0


def test_a_position_that_was_lost_is_not_given_again() -> None:
    _, evidence = failed_over(lost=9)
    found = [each.words for each in check(History(), evidence)]
    assert "9 was lost, and is given again" in found


def test_a_new_history_begins_beyond_what_was_lost() -> None:
    _, evidence = failed_over(lost=21)
    found = [each.words for each in check(History(), evidence)]
    assert "21 was lost, and the new history begins at 20" in found


def test_a_webhook_that_was_requested_in_what_was_lost_may_have_been_received() -> None:
    history, evidence = failed_over()
    evidence.received_before = [NOTICE, "notice-2"]
    assert "webhooks received what was sent" in {e.check for e in check(history, evidence)}
    again = fact(14, "notice-2", 1, "notification.requested", "s", channel="webhook", **RING)
    evidence.losses = [*evidence.losses, Loss([again], 20, synchronous=False)]
    del evidence.gone, evidence.forgiven
    assert check(history, evidence) == []


def test_who_heard_what_was_lost_must_be_told_to_begin_anew() -> None:
    history, evidence = failed_over()
    del evidence.heard[0].positions[-2:]
    [violation] = check(history, evidence)
    assert violation.check == "listeners hear each once, in order"
    assert "was not told to begin anew" in violation.words


def test_a_listener_that_was_told_to_begin_anew_need_not_hear_what_lies_between() -> None:
    history, evidence = right()
    evidence.heard = [Heard(ADA, 1, [2, None, 7, 12])]
    assert check(history, evidence) == []


def test_a_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    history, _ = right()
    recorder = Recorder(tmp_path / "history.jsonl")
    for request, answers in history.outcomes():
        recorder.asked(request)
        for answer in answers:
            recorder.answered(answer)
    recorder.close()
    assert read(tmp_path / "history.jsonl") == history
