"""Processes that decide from a stream they remember, and append to it, while databases change.

One of them may be of an earlier release, which knows no identities: the two run together over
one log during an upgrade.
"""

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from tests.model.rules import Rules

# The numbers of a stream's events, version 1 first.
Stream: TypeAlias = tuple[int, ...]


class Event(NamedTuple):
    version: int
    number: int
    decided_on: Stream  # the history its decision was made on


class Append(NamedTuple):
    """An event on its way, and the history of the database it was decided for."""

    event: Event
    database: int


class Process(NamedTuple):
    connected: bool = True
    database: int = 1  # the one that `memory` is of
    memory: Stream = ()
    answer: tuple[Stream, int] | None = None  # what it was answered and has not remembered yet
    append: Append | None = None


class State(NamedTuple):
    log: tuple[Event, ...] = ()  # the stream, in the order of commits
    database: int = 1
    processes: tuple[Process, ...] = (Process(), Process())
    begun: int = 0
    failovers: int = 1


class StreamModel:
    """No stream has a gap, and none an event that was decided on a history that never was."""

    def __init__(
        self, rules: Rules, *, events: int = 4, failovers: int = 1, earlier_release: bool = False
    ) -> None:
        self._rules = rules
        self._events = events
        self._failovers = failovers
        self._earlier_release = earlier_release

    def start(self) -> State:
        return State(failovers=self._failovers)

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        for index in range(len(state.processes)):
            yield from self._process(state, index)
        if state.failovers:
            for length in range(len(state.log) + 1):
                kept = [event.number for event in state.log[:length]]
                yield (
                    f"a standby is promoted with the events {kept}",
                    state._replace(
                        log=state.log[:length],
                        database=state.database + 1,
                        failovers=state.failovers - 1,
                        processes=tuple(p._replace(connected=False) for p in state.processes),
                    ),
                )

    def fault(self, state: State) -> str | None:
        versions = [event.version for event in state.log]
        if versions != list(range(1, len(versions) + 1)):
            return f"the stream has the versions {versions}"
        if self._earlier_release:
            return None  # what it decides on it has to answer for
        for event in state.log:
            before = tuple(e.number for e in state.log if e.version < event.version)
            if event.decided_on != before:
                return (
                    f"event {event.number} follows {list(before)}"
                    f" and was decided on {list(event.decided_on)}"
                )
        return None

    def fault_at_rest(self, state: State) -> str | None:
        left = self._events - state.begun
        return f"nobody can append any more, with {left} events left" if left else None

    def _process(self, state: State, index: int) -> Iterator[tuple[str, State]]:
        process, name = state.processes[index], f"process {index + 1}"
        careful = not (self._earlier_release and index == 1)

        def now(changed: Process) -> State:
            processes = (*state.processes[:index], changed, *state.processes[index + 1 :])
            return state._replace(processes=processes)

        if not process.connected:
            changed = process._replace(connected=True)
            compared = careful and self._rules.new_connections_compare
            if compared and process.database != state.database:
                changed = changed._replace(database=state.database, memory=())
            yield f"{name} connects", now(changed)
        elif process.answer is None:
            stream = tuple(event.number for event in state.log)
            if stream != process.memory:
                yield (
                    f"{name} is answered the stream {list(stream)}",
                    now(process._replace(answer=(stream, state.database))),
                )
        if process.answer is not None:
            stream, database = process.answer
            named = careful and self._rules.pages_name_their_database
            changed = process._replace(answer=None)
            if not named or database == process.database:
                changed = changed._replace(memory=stream)
            yield f"{name} remembers {list(stream)}", now(changed)
        if process.append is None and state.begun < self._events:
            number = state.begun + 1
            event = Event(len(process.memory) + 1, number, process.memory)
            yield (
                f"{name} decides on {list(process.memory)} to append event {number}",
                now(process._replace(append=Append(event, process.database)))._replace(
                    begun=number
                ),
            )
        if process.append is not None and process.connected:
            event = process.append.event
            if self._refuses(state, process.append, careful=careful):
                yield (
                    f"event {event.number} is refused, and {name} forgets the stream",
                    now(process._replace(append=None, memory=())),
                )
            else:
                memory = (*event.decided_on, event.number)
                yield (
                    f"event {event.number} is recorded as version {event.version}",
                    now(process._replace(append=None, memory=memory))._replace(
                        log=(*state.log, event)
                    ),
                )

    def _refuses(self, state: State, append: Append, *, careful: bool) -> bool:
        versions = {0} | {event.version for event in state.log}
        named = careful and self._rules.appends_name_their_database
        return (
            append.event.version in versions
            or (named and append.database != state.database)
            or (self._rules.versions_are_contiguous and append.event.version - 1 not in versions)
        )
