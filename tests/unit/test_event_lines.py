"""An event is one line of a terminal, whose width it keeps to."""

import pytest

from domain.events.tasks import TaskCreated
from interfaces.operations.events import text_line
from tests.support.facts import ADA, TASK, recorded

EVENT = recorded(TaskCreated(owner=ADA, title="Water the plants"), version=7, position=1042)


def test_a_wide_terminal_shows_where_the_event_is_and_what_people_read_before_ids() -> None:
    line = text_line(EVENT, 200)
    place = [line.index(part) for part in ("1042", "task.created", str(TASK), "v7", "title=Water")]
    assert place == sorted(place)
    assert line.index("title=") < line.index("owner=")


@pytest.mark.parametrize("width", [40, 80, 119, 120])
def test_a_line_is_no_longer_than_the_terminal(width: int) -> None:
    line = text_line(EVENT, width)
    assert len(line) <= width
    assert line.lstrip().startswith("1042")


def test_a_narrow_terminal_shows_the_data_rather_than_the_stream() -> None:
    line = text_line(EVENT, 80)
    assert "task.created" in line
    assert "title=Water the plants" in line
    assert str(TASK) not in line


@pytest.mark.parametrize("width", [80, 200])
def test_no_character_of_a_title_commands_the_terminal(width: int) -> None:
    hostile = recorded(TaskCreated(owner=ADA, title="a\x1b]0;b\x07\r\n\u202ec\x9b2J"))
    assert text_line(hostile, width).isprintable()
