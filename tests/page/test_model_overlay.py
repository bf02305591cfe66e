"""What was asked lies over what was heard until the stream has passed its position."""

from typing import Any

from tests.page.node import evaluate

OVERLAY = """
import { Overlay } from "./model/overlay.js";
const ACTS = {
  asked: (overlay, command) => overlay.add(command),
  answered: (overlay, { key, position, subject }) => overlay.answered(key, position, subject),
  refused: (overlay, key) => overlay.refused(key),
  passed: (overlay, position) => overlay.passed(position),
  restored: (overlay) => overlay.restored(),
};
export default ({ heard, steps }) => {
  const overlay = new Overlay();
  return steps.map(([act, value]) => {
    if (act === "heard") heard = value; else ACTS[act](overlay, value);
    const shown = overlay.lay(heard ?? undefined, "1");
    return shown ? [shown.status, shown.title, Boolean(shown.waiting), overlay.waiting] : null;
  });
};
"""
OPEN = {"id": "1", "title": "Plants", "status": "open", "version": 3}
COMPLETE = {"key": "a", "subject": "1", "shown": {"status": "completed"}}
RENAME = {"key": "b", "subject": "1", "shown": {"title": "Flowers"}}
CREATE = {"key": "1", "subject": "1", "creates": True, "shown": OPEN}


def shown(*steps: tuple[str, Any], heard: Any = OPEN) -> list[Any]:
    found: list[Any] = evaluate(OVERLAY, {"heard": heard, "steps": steps})
    return found


def test_a_change_is_shown_at_once_and_stays_until_the_stream_has_passed_its_answer() -> None:
    assert shown(
        ("asked", COMPLETE),
        ("answered", {"key": "a", "position": 12}),
        ("passed", 11),
        ("heard", OPEN | {"status": "completed", "version": 4}),
        ("passed", 12),
    ) == [
        ["completed", "Plants", True, 1],
        ["completed", "Plants", False, 0],
        ["completed", "Plants", False, 0],
        ["completed", "Plants", False, 0],
        ["completed", "Plants", False, 0],
    ]


def test_a_refused_change_shows_what_was_heard_again() -> None:
    assert shown(("asked", COMPLETE), ("refused", "a"))[-1] == ["open", "Plants", False, 0]


def test_a_change_without_an_answer_stays_whatever_is_heard() -> None:
    assert shown(
        ("asked", COMPLETE), ("passed", 99), ("heard", OPEN | {"title": "Bins", "version": 4})
    )[-1] == ["completed", "Bins", True, 1]


def test_the_stream_that_is_faster_than_the_answer_shows_nothing_twice() -> None:
    heard = OPEN | {"status": "completed", "version": 4}
    assert shown(
        ("asked", COMPLETE),
        ("heard", heard),
        ("passed", 12),
        ("answered", {"key": "a", "position": 12}),
        ("passed", 12),
    )[-1] == ["completed", "Plants", False, 0]


def test_of_two_changes_the_later_lies_over_the_earlier_and_each_ends_by_itself() -> None:
    assert shown(
        ("asked", COMPLETE),
        ("asked", RENAME),
        ("answered", {"key": "a", "position": 12}),
        ("heard", OPEN | {"status": "completed", "version": 4}),
        ("passed", 12),
        ("refused", "b"),
    ) == [
        ["completed", "Plants", True, 1],
        ["completed", "Flowers", True, 2],
        ["completed", "Flowers", True, 1],
        ["completed", "Flowers", True, 1],
        ["completed", "Flowers", True, 1],
        ["completed", "Plants", False, 0],
    ]


def test_a_new_task_is_shown_before_it_has_an_id_and_as_heard_afterwards() -> None:
    assert shown(
        ("asked", CREATE),
        ("answered", {"key": "1", "position": 12, "subject": "1"}),
        ("heard", OPEN | {"title": "Plants!"}),
        ("passed", 12),
        heard=None,
    ) == [
        ["open", "Plants", True, 1],
        ["open", "Plants", False, 0],
        ["open", "Plants!", False, 0],
        ["open", "Plants!", False, 0],
    ]


def test_after_a_restore_of_the_database_no_answer_of_before_is_shown() -> None:
    assert shown(
        ("asked", COMPLETE), ("answered", {"key": "a", "position": 900}), ("restored", None)
    )[-1] == ["open", "Plants", False, 0]
