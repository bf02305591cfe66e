"""Facts are forever readable: every stored form there ever was decodes today."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from eventsourcing.persistence import MapperDeserialisationError, StoredEvent

from domain.events.event import Event
from domain.events.recorded import AnyEvent
from infrastructure.store.mapper import RecordMapper, topic_of
from tests.golden.samples import FOLDER, SAMPLES
from tests.support.facts import TASK

GOLDEN = sorted(FOLDER.glob("*.json"))
EVENTS: tuple[type[Event], ...] = get_args(AnyEvent)


def topic(path: Path) -> str:
    return path.name.rsplit(".", 2)[0]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_stored_event_of_any_past_shape_decodes_today(path: Path) -> None:
    stored = StoredEvent(TASK, 1, topic(path), path.read_bytes())
    recorded = RecordMapper().to_recorded(stored, position=7)
    assert topic_of(type(recorded.event)) == topic(path)
    again = json.loads(RecordMapper().to_stored_event(recorded).state)
    golden = json.loads(path.read_bytes())
    # Today's form says all the old one said; it may say more, by default.
    assert _as_far_as(golden, again) == golden


def _as_far_as(golden: Any, today: Any) -> Any:
    """Return today's form without the fields that the golden form lacks, at any depth."""
    if not isinstance(golden, dict):
        return today
    return {key: _as_far_as(golden[key], today[key]) for key in golden}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_event_has_a_golden_sample(event: type[Event]) -> None:
    assert [path for path in GOLDEN if topic(path) == topic_of(event)]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)
def test_what_is_stored_today_is_among_the_golden_samples(sample: Event) -> None:
    samples = [path for path in GOLDEN if topic(path) == topic_of(type(sample))]
    shapes = [json.loads(path.read_bytes())["event"].keys() for path in samples]
    assert json.loads(msgspec.json.encode(sample)).keys() in shapes


def test_golden_samples_are_never_changed() -> None:
    """History knows each of them in one form only."""
    if not (FOLDER.parents[1] / ".git").exists():
        return  # an unpacked release has no history to compare with
    log = subprocess.run(
        ["git", "log", "--format=%h", "--diff-filter=MDR", "--", "tests/golden/*.json"],
        cwd=FOLDER.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert log.stdout == ""


def test_an_unknown_event_is_refused_and_named() -> None:
    with pytest.raises(MapperDeserialisationError, match=r"task\.sung"):
        RecordMapper().to_recorded(StoredEvent(TASK, 1, "task.sung", b"{}"), position=1)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_date_of_an_event_is_a_moment_or_a_wall_time(event: type[Event]) -> None:
    """Python compares no date with an offset to one without: such events must be unreadable."""
    assert {date.tz for date in dates(msgspec.inspect.type_info(event))} <= {True, False}


def dates(shape: object) -> Iterator[msgspec.inspect.DateTimeType]:
    """Find all dates in the shape of a type, at any depth."""
    if isinstance(shape, msgspec.inspect.DateTimeType):
        yield shape
    elif isinstance(shape, msgspec.inspect.Type | msgspec.inspect.Field):
        for name in shape.__struct_fields__:
            yield from dates(getattr(shape, name))
    elif isinstance(shape, tuple):
        for part in shape:
            yield from dates(part)
