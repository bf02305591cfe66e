"""Stored events that no release reads, of every sort, for tests of what reads the log."""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias
from uuid import UUID, uuid4

import psycopg

from domain.events.recorded import AnyEvent
from infrastructure.store.mapper import RecordMapper, topic_of
from tests.golden.samples import SAMPLES
from tests.support.facts import recorded

MAPPER = RecordMapper()
NEWER_TOPIC = "task.teleported"
Damage: TypeAlias = Callable[[bytes], bytes]
_MOMENT = re.compile(rb'"recorded_at":"[^"]*"')
_DATE = re.compile(rb'"\d{4}-\d\d-\d\dT[\d:.]*(Z?)"')


def _with_moment(moment: bytes) -> Damage:
    return lambda state: _MOMENT.sub(b'"recorded_at":"' + moment + b'"', state)


def _with_field(name: bytes, value: bytes) -> Damage:
    return lambda state: state[:-1] + b',"' + name + b'":' + value + b"}"


# How a good state becomes one that cannot be read.
DAMAGES: Mapping[str, Damage] = {
    "deep nesting": _with_field(b"new", b"[" * 200_000 + b"]" * 200_000),
    "a moment before the year 1": _with_moment(b"0001-01-01T00:00:00+14:00"),
    "the same with an escaped digit": _with_moment(b"\\\\u0030001-01-01T00:00:00+14:00"),
    "a moment after the year 9999": _with_moment(b"9999-12-31T23:59:59-14:00"),
    "a moment without an offset": _with_moment(b"2030-01-01T00:00:00"),
    "a number for a moment": lambda state: _MOMENT.sub(b'"recorded_at":12', state),
    "a number of 5,000 digits": lambda state: _MOMENT.sub(b'"recorded_at":' + b"9" * 5_000, state),
    "no UTF-8": lambda state: state.replace(b'"actor":"', b'"actor":"\xff\xfe', 1),
    "half a surrogate pair": lambda state: state.replace(b'"actor":"', b'"actor":"\\ud800', 1),
    "a type of a newer release": lambda state: re.sub(
        rb'"type":"[^"]*"', b'"type":"task.teleported"', state, count=1
    ),
    "no event": lambda state: state.replace(b'"event":', b'"former":', 1),
    "another event inside": lambda state: state + b"," + state,
    "half a state": lambda state: state[: len(state) // 2],
    "no object": lambda _state: b"null",
    "one byte": lambda _state: b"x",
    "nothing": lambda _state: b"",
}


def misplaced_offsets(state: bytes) -> Iterator[bytes]:
    """Return the state once for each date in it: with an offset in place of none, or without."""
    for date in _DATE.finditer(state):
        offset = b"" if date[1] else b"Z"
        yield state[: date.start(1)] + offset + state[date.end(1) :]


def dates_out_of_range(state: bytes) -> Iterator[bytes]:
    """Return the state once for each date in it: in a year that no time zone can move it out of."""
    for date in _DATE.finditer(state):
        for moment in (b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00"):
            misplaced = moment if date[1] else moment[:19]
            yield state[: date.start()] + b'"' + misplaced + b'"' + state[date.end() :]


def stored(event: AnyEvent) -> tuple[str, bytes]:
    """Return the topic and the state of an event, as the log has them."""
    return topic_of(type(event)), MAPPER.to_stored_event(recorded(event)).state


def damaged_events() -> Sequence[tuple[str, bytes]]:
    """Return topics and states: each event of today with each damage, and a topic of tomorrow."""
    events = [stored(event) for event in SAMPLES]
    return [
        *((topic, damage(state)) for topic, state in events for damage in DAMAGES.values()),
        *((topic, damaged) for topic, state in events for damaged in misplaced_offsets(state)),
        *((topic, damaged) for topic, state in events for damaged in dates_out_of_range(state)),
        (NEWER_TOPIC, stored(SAMPLES[0])[1].replace(b"task.created", NEWER_TOPIC.encode())),
    ]


def mutated_events(chance: random.Random, count: int) -> Sequence[tuple[str, bytes]]:
    """Return topics and states with some bytes changed at random: some can still be read."""
    events = [stored(event) for event in SAMPLES]
    return [(topic, _mutated(state, chance)) for topic, state in chance.choices(events, k=count)]


def _mutated(state: bytes, chance: random.Random) -> bytes:
    changed = bytearray(state)
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(changed))
        match chance.randrange(4):
            case 0:
                changed[place] = chance.randrange(256)
            case 1:
                del changed[place : place + chance.randrange(1, 20)]
            case 2:
                changed[place:place] = chance.choice(
                    [b"9" * 5_000, b"[", b'"', b"\\u0000", b"\x00", b"null", b"-", b"0001-01-01"]
                )
            case _:
                changed[place : place + 1] = bytes([changed[place] ^ 1 << chance.randrange(8)])
        changed = changed or bytearray(b"x")
    return bytes(changed)


def insert(
    url: str, *events: tuple[str, bytes], stream: UUID | None = None, version: int = 1
) -> int:
    """Append each event to the log, past the service, in a stream of its own or in `stream`.

    Return the position of the last.
    """
    position = 0
    with psycopg.connect(url, autocommit=True) as connection:
        for topic, state in events:
            row = connection.execute(
                "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
                " VALUES (%s, %s, %s, %s) RETURNING notification_id",
                (stream or uuid4(), version, topic, state),
            ).fetchone()
            assert row
            position = int(row[0])
    return position
