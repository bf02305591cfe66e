"""A request that names the position it must see, and a process that remembers how far views are.

The view's own commits are not waited for: a crash undoes the last of them.
"""

from collections.abc import Iterator
from typing import NamedTuple

from tests.model.database import Identity, Shown
from tests.model.rules import Rules
from tests.model.writers import World, disasters, floor, rows_until, writing


class State(NamedTuple):
    world: World = World()
    connected: bool = True
    database: Identity = Identity(1, 1)  # the one `seen` is of
    seen: int = 0  # how far the view was seen to be
    look: tuple[Identity, int] | None = None  # what a look answered and nobody has remembered yet
    wanted: int = 0  # a position that a client was given
    stale: str | None = None  # an answer that lacked what was wanted


class WaitingModel:
    """Who is told that the view shows a position finds there whatever is recorded up to it."""

    def __init__(self, rules: Rules, world: World) -> None:
        self._rules = rules
        self._world = world

    def start(self) -> State:
        return State(world=self._world)

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        world, database = state.world, state.world.database
        for step, after in writing(world, self._rules):
            yield step, state._replace(world=after)
        for step, after in disasters(world):
            yield step, state._replace(world=after, connected=False)
        yield from self._view(state)
        if not state.connected:
            changed = state._replace(connected=True)
            if self._rules.new_connections_compare and state.database != database.identity:
                changed = changed._replace(database=database.identity, seen=0)
            yield "the process connects", changed
        elif state.look is None and state.seen < database.shown.position:
            look = (database.identity, database.shown.position)
            yield f"a look at the view finds {look[1]}", state._replace(look=look)
        if state.look is not None:
            identity, position = state.look
            changed = state._replace(look=None)
            if not self._rules.pages_name_their_database or identity == state.database:
                changed = changed._replace(seen=position)
            yield f"the process remembers that the view is at {position}", changed
        for row in sorted(database.rows):
            if row.position > state.wanted:
                yield f"a client is given {row.position}", state._replace(wanted=row.position)
        if state.connected and state.wanted and state.seen >= state.wanted:
            missing = [
                row
                for row in sorted(database.rows)
                if row.position <= state.wanted and row.number not in database.shown.numbers
            ]
            if missing:
                stale = f"a read from {state.wanted} on lacks event {missing[0].number}"
                yield (
                    f"the client reads, having waited for {state.wanted}",
                    state._replace(stale=stale),
                )

    def fault(self, state: State) -> str | None:
        return state.stale

    def fault_at_rest(self, state: State) -> str | None:
        behind = state.seen < state.world.database.shown.position
        return "the process never learns how far the view is" if behind else None

    def _view(self, state: State) -> Iterator[tuple[str, State]]:
        database = state.world.database
        shown = database.shown
        rows = rows_until(database, shown.position, floor(state.world))
        if rows:
            reached = max(row.position for row in rows)
            numbers = shown.numbers | {row.number for row in rows}
            database = database.write(Shown(reached, numbers))
            yield (
                f"the view takes in everything up to {reached}",
                state._replace(world=state.world._replace(database=database)),
            )
