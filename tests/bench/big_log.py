"""Logs of a million events, written in seconds: the material of the views' benchmarks."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from domain.events.recorded import AnyEvent, Recorded
from domain.events.tasks import TaskCompleted, TaskCreated, TaskTagged, TaskUpdated
from domain.vocabulary import AccountId, Priority
from infrastructure.store.mapper import RecordMapper

START = datetime(2029, 1, 1, tzinfo=UTC)
# Rare words and common ones, as in any language.
COMMON = ["buy", "call", "send", "check", "plan", "write", "review", "clean", "fix", "book"]
RARE = [f"word{number}" for number in range(5_000)]
TAGS = [f"tag{number}" for number in range(50)]
AT_ONCE = 2_000  # tasks that live at the same time


def write(url: str, facts: Iterable[Recorded]) -> int:
    """Append all these facts to the log, past the store; return how many."""
    mapper, count = RecordMapper(), 0
    with psycopg.connect(url, autocommit=True) as connection:
        columns = "(originator_id, originator_version, topic, state)"
        with connection.cursor().copy(
            f"COPY stored_events {columns} FROM STDIN (FORMAT binary)"
        ) as copy:
            copy.set_types(["uuid", "int8", "text", "bytea"])
            for recorded in facts:
                stored = mapper.to_stored_event(recorded)
                copy.write_row(
                    (stored.originator_id, stored.originator_version, stored.topic, stored.state)
                )
                count += 1
        connection.execute("VACUUM (ANALYZE) stored_events")
    return count


def lives_of_tasks(count: int) -> Iterator[Recorded]:
    """`count` facts: tasks are created, renamed, tagged and completed, many at the same time."""
    chance = random.Random(1)
    owners = [owner(number) for number in range(1_000)]
    alive: list[tuple[UUID, AccountId, list[AnyEvent]]] = []
    for number in range(count):
        at = START + timedelta(seconds=20 * number)
        if len(alive) < AT_ONCE or chance.random() < 0.25:
            stream, whose = _ordered_id(at, chance), chance.choice(owners)
            yield _recorded(_task(whose, at, chance), stream, 1, at, whose)
            future: list[AnyEvent] = [
                TaskCompleted(),
                TaskTagged(tags=(chance.choice(TAGS),)),
                TaskUpdated(title=_words(5, chance)),
            ]
            alive.append((stream, whose, future))
        else:
            place = chance.randrange(len(alive))
            stream, whose, future = alive[place]
            yield _recorded(future.pop(), stream, 4 - len(future), at, whose)
            if not future:
                alive[place] = alive[-1]
                alive.pop()


def tasks_of_owners(owners: Iterable[tuple[AccountId, int]]) -> Iterator[Recorded]:
    """Tasks created and no more: so many of each owner."""
    chance = random.Random(2)
    number = 0
    for whose, count in owners:
        for _ in range(count):
            number += 1
            at = START + timedelta(seconds=20 * number)
            yield _recorded(_task(whose, at, chance), _ordered_id(at, chance), 1, at, whose)


def writes_of_tasks(tasks: Sequence[tuple[UUID, AccountId]], count: int) -> Iterator[Recorded]:
    """`count` facts of owners who have tasks already: half are new tasks, the others the second
    fact of each of `tasks`: it gets another title, another priority, or is completed.
    """
    chance = random.Random(3)
    for number in range(count):
        at = START + timedelta(days=400, seconds=20 * number)
        stream, whose = tasks[number]
        if number % 2:
            yield _recorded(_task(whose, at, chance), _ordered_id(at, chance), 1, at, whose)
            continue
        change: AnyEvent = (
            TaskUpdated(title=_words(5, chance)),
            TaskUpdated(priority=chance.choice(list(Priority))),
            TaskCompleted(),
            TaskCompleted(),
        )[number // 2 % 4]
        yield _recorded(change, stream, 2, at, whose)


def owner(number: int) -> AccountId:
    return AccountId(UUID(int=(0x0190 << 112) + number))


def _task(whose: AccountId, at: datetime, chance: random.Random) -> TaskCreated:
    due = at + timedelta(days=chance.randint(1, 60)) if chance.random() < 0.7 else None
    return TaskCreated(
        owner=whose,
        title=_words(5, chance),
        description=_words(12, chance),
        priority=chance.choice(list(Priority)),
        tags=tuple(chance.sample(TAGS, chance.randint(0, 3))),
        due_at=due,
    )


def _words(count: int, chance: random.Random) -> str:
    return " ".join(chance.choice(COMMON if chance.random() < 0.4 else RARE) for _ in range(count))


def _ordered_id(at: datetime, chance: random.Random) -> UUID:
    """A UUID of version 7."""
    moment = int(at.timestamp() * 1000) << 80
    return UUID(
        int=moment | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62)
    )


def _recorded(
    event: AnyEvent, stream: UUID, version: int, at: datetime, actor: AccountId
) -> Recorded:
    return Recorded(
        event=event,
        originator_id=stream,
        originator_version=version,
        recorded_at=at,
        actor=str(actor),
        correlation_id=stream,
    )
