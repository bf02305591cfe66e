"""A view that is kept up to date through a log which its whole process remembers.

Beside the view another reader shares that memory, and may have been stopped between being
answered and remembering the answer: a zombie's page.
"""

from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from tests.model.database import Identity, Row, Shown
from tests.model.rules import Rules
from tests.model.writers import (
    World,
    disasters,
    floor,
    horizon,
    least_published,
    rows_until,
    writing,
)


class Stage(Enum):
    """How far a read has come."""

    LOST = auto()  # no connection
    READY = auto()
    ONE_BOUND = auto()  # knows what has been drawn, or the least floor
    SETTLED = auto()  # knows both


class Page(NamedTuple):
    """Rows beyond `after`; read on from `horizon`."""

    database: Identity
    after: int
    rows: frozenset[Row]
    horizon: int


class Memory(NamedTuple):
    """What this process knows of the log: all of (beyond, horizon]."""

    database: Identity = Identity(1, 1)
    beyond: int = 0
    horizon: int = 0
    rows: frozenset[Row] = frozenset()


class State(NamedTuple):
    world: World = World()
    memory: Memory = Memory()
    stage: Stage = Stage.READY
    position: int = 0
    bound: int | None = None
    seen: frozenset[Row] = frozenset()  # the snapshot, where it is taken too early
    page: Page | None = None  # what the other reader was answered and has not remembered yet


class ViewModel:
    """Shows every committed event once, and nothing else, whatever the database loses."""

    def __init__(self, rules: Rules, world: World, *, another_reader: bool = True) -> None:
        self._rules = rules
        self._world = world
        self._another_reader = another_reader

    def start(self) -> State:
        return State(world=self._world)

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        for step, world in writing(state.world, self._rules):
            yield step, state._replace(world=world)
        for step, world in disasters(state.world):
            yield (
                step,
                state._replace(
                    world=world, stage=Stage.LOST, position=0, bound=None, seen=frozenset()
                ),
            )
        yield from self._view(state)
        if self._another_reader:
            yield from self._other(state)

    def fault(self, state: State) -> str | None:
        rows, shown = state.world.database.rows, state.world.database.shown
        for row in sorted(rows):
            if row.position <= shown.position and row.number not in shown.numbers:
                return f"the view stands at {shown.position} without event {row.number}"
        recorded = {row.number for row in rows}
        for number in sorted(shown.numbers - recorded):
            return f"the view shows event {number}, which is not in the log"
        return None

    def fault_at_rest(self, state: State) -> str | None:
        recorded = {row.number for row in state.world.database.rows}
        missing = recorded - state.world.database.shown.numbers
        return f"the view never shows event {min(missing)}" if missing else None

    def _view(self, state: State) -> Iterator[tuple[str, State]]:
        world, memory = state.world, state.memory
        database = world.database
        match state.stage:
            case Stage.LOST:
                yield (
                    "the view connects",
                    state._replace(
                        stage=Stage.READY,
                        position=database.shown.position,
                        memory=self._compared(memory, database.identity),
                    ),
                )
            case Stage.READY if memory.beyond <= state.position < memory.horizon:
                yield from self._take_in(state)
            case Stage.READY:
                bound = database.drawn if self._rules.high_before_floors else least_published(world)
                seen = frozenset() if self._rules.snapshot_after_floor else database.rows
                yield (
                    f"the view begins to read, bound by {bound}",
                    state._replace(stage=Stage.ONE_BOUND, bound=bound, seen=seen),
                )
            case Stage.ONE_BOUND:
                other = least_published(world) if self._rules.high_before_floors else database.drawn
                bounds = [bound for bound in (state.bound, other) if bound is not None]
                yield (
                    f"the view takes {min(bounds)} for settled",
                    state._replace(stage=Stage.SETTLED, bound=min(bounds)),
                )
            case Stage.SETTLED:
                settled = state.bound or 0
                rows = (
                    rows_until(database, state.position, settled)
                    if self._rules.snapshot_after_floor
                    else frozenset(r for r in state.seen if state.position < r.position <= settled)
                )
                page = Page(
                    database.identity,
                    state.position,
                    rows,
                    horizon(self._rules, rows, state.position, settled),
                )
                yield (
                    f"the view reads {_words(rows)}",
                    state._replace(
                        stage=Stage.READY,
                        bound=None,
                        seen=frozenset(),
                        memory=self._remembered(memory, page),
                    ),
                )

    def _take_in(self, state: State) -> Iterator[tuple[str, State]]:
        database, memory = state.world.database, state.memory
        rows = {row.number for row in memory.rows if row.position > state.position}
        numbers = database.shown.numbers | rows
        shown = Shown(memory.horizon, numbers)
        if self._rules.rows_and_position_together:
            changes = [shown]
        else:
            changes = [Shown(memory.horizon, database.shown.numbers), shown]
        for entry in changes:
            database = database.write(entry)
        yield (
            f"the view takes in {sorted(rows)} up to {memory.horizon}",
            state._replace(world=state.world._replace(database=database), position=memory.horizon),
        )

    def _other(self, state: State) -> Iterator[tuple[str, State]]:
        database = state.world.database
        if state.page is not None:
            yield (
                f"another reader remembers {_words(state.page.rows)}",
                state._replace(page=None, memory=self._remembered(state.memory, state.page)),
            )
            return
        memory = self._compared(state.memory, database.identity)
        settled = floor(state.world)
        rows = rows_until(database, memory.horizon, settled)
        reached = horizon(self._rules, rows, memory.horizon, settled)
        if reached > memory.horizon:
            page = Page(database.identity, memory.horizon, rows, reached)
            yield (
                f"another reader is answered {_words(rows)} up to {reached}",
                state._replace(page=page, memory=memory),
            )

    def _compared(self, memory: Memory, identity: Identity) -> Memory:
        if self._rules.new_connections_compare and memory.database != identity:
            return Memory(identity)
        return memory

    def _remembered(self, memory: Memory, page: Page) -> Memory:
        if self._rules.pages_name_their_database and page.database != memory.database:
            return memory
        if page.after != memory.horizon:
            return memory._replace(beyond=page.after, horizon=page.horizon, rows=page.rows)
        return memory._replace(horizon=page.horizon, rows=memory.rows | page.rows)


def _words(rows: frozenset[Row]) -> str:
    return ", ".join(f"event {r.number} at {r.position}" for r in sorted(rows)) or "nothing"
