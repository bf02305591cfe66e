"""Followers of the log outside the views: a process's live tail, and a client that comes back.

The client keeps nothing but the position of what it heard last, for however long it likes: a
browser's Last-Event-ID.
"""

from collections.abc import Iterator
from typing import NamedTuple

from tests.model.database import Database, Identity
from tests.model.rules import Rules
from tests.model.writers import World, arrived, disasters, floor, horizon, rows_until, writing


class Follower(NamedTuple):
    """`heard`: the numbers of events it was given, or that were visible when it began."""

    position: int = 0
    heard: frozenset[int] = frozenset()
    begun: bool = False


class State(NamedTuple):
    world: World = World()
    connected: bool = True
    database: Identity = Identity(1, 1)  # the one that `tail` is of
    tail: Follower = Follower()
    client: Follower = Follower()
    came_back: Identity = Identity(1, 1)  # the database the client was given its last answer from


class LiveModel:
    """Nobody who follows the log misses an event, or keeps one that is lost without a word."""

    def __init__(self, rules: Rules, world: World) -> None:
        self._rules = rules
        self._world = world

    def start(self) -> State:
        return State(world=self._world)

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        for step, world in writing(state.world, self._rules):
            yield step, state._replace(world=world)
        for step, world in disasters(state.world):
            yield step, state._replace(world=world, connected=False)
        # A process's first connection to another database comes before all that it answers.
        state = state._replace(world=arrived(state.world, self._rules))
        yield from self._tail(state)
        yield from self._client(state)

    def fault(self, state: State) -> str | None:
        database = state.world.database
        if state.connected and (fault := _fault(database, state.tail)):
            return f"the tail {fault}"
        if state.came_back == database.identity and (fault := _fault(database, state.client)):
            return f"the client {fault}"
        return None

    def fault_at_rest(self, state: State) -> str | None:
        recorded = {row.number for row in state.world.database.rows}
        if state.client.begun and recorded - state.client.heard:
            return f"the client never hears event {min(recorded - state.client.heard)}"
        return None

    def _tail(self, state: State) -> Iterator[tuple[str, State]]:
        database = state.world.database
        if not state.connected:
            changed = state._replace(connected=True)
            if self._rules.new_connections_compare and state.database != database.identity:
                changed = changed._replace(database=database.identity, tail=self._begin(state))
                yield "the tail connects, and begins anew", changed
            else:
                yield "the tail connects", changed
        elif not state.tail.begun:
            yield "the tail begins", state._replace(tail=self._begin(state))
        else:
            yield "the tail reads on", state._replace(tail=self._read_on(state, state.tail))

    def _client(self, state: State) -> Iterator[tuple[str, State]]:
        """It asks by way of any process, which has a fresh connection or a tail of its own."""
        identity = state.world.database.identity
        start = state.world.database.began.start
        if not state.client.begun:
            begun = self._begin(state)
            yield "the client begins", state._replace(client=begun, came_back=identity)
        elif state.client.position < start and self._rules.old_positions_begin_anew:
            yield (
                f"the client comes with {state.client.position}, and is told to begin anew",
                state._replace(client=self._begin(state), came_back=identity),
            )
        else:
            client = self._read_on(state, state.client, from_rows=True)
            yield (
                f"the client comes with {state.client.position}, and goes with {client.position}",
                state._replace(client=client, came_back=identity),
            )

    def _begin(self, state: State) -> Follower:
        database = state.world.database
        settled = floor(state.world)
        heard = frozenset(row.number for row in database.rows if row.position <= settled)
        rows = rows_until(database, 0, settled)
        # All that is still to come in this history lies beyond its start.
        reached = max(horizon(self._rules, rows, 0, settled), database.began.start)
        return Follower(reached, heard, begun=True)

    def _read_on(self, state: State, follower: Follower, *, from_rows: bool = False) -> Follower:
        settled = floor(state.world)
        rows = rows_until(state.world.database, follower.position, settled)
        reached = max([follower.position, *(row.position for row in rows)])
        if not from_rows:
            reached = horizon(self._rules, rows, follower.position, settled)
        return follower._replace(
            position=reached, heard=follower.heard | {row.number for row in rows}
        )


def _fault(database: Database, follower: Follower) -> str | None:
    if not follower.begun:
        return None
    for row in sorted(database.rows):
        if row.position <= follower.position and row.number not in follower.heard:
            return f"stands at {follower.position} and has not heard event {row.number}"
    for number in sorted(follower.heard - {row.number for row in database.rows}):
        return f"goes on after event {number}, which is lost"
    return None
