"""A command answered while a synchronous standby is slow, the primary crashes, or both fail.

The client repeats its command under the same key until it is answered.
"""

from collections.abc import Iterator
from typing import NamedTuple

from tests.model.rules import Rules


class State(NamedTuple):
    """`log` holds the command's event and confirmations, in the order of commits."""

    log: tuple[str, ...] = ()
    sent: int = 0  # of them on the standby, too
    waiting: frozenset[int] = frozenset()  # places in the log whose commit waits, and is hidden
    asked: bool = False  # a request is under way
    awaited: int | None = None  # ... and waits for its own commit, at this place
    answered: bool = False  # a client was answered 2xx
    requests: int = 0
    crashes: int = 1
    failovers: int = 1


class AnswerModel:
    """What was answered 2xx is on the standby, and so is what anybody sees.

    A primary that starts again after a crash shows what the standby lacks, whatever we do: the
    second promise is of one that did not crash.
    """

    def __init__(self, rules: Rules, *, requests: int = 3) -> None:
        self._rules = rules
        self._requests = requests

    def start(self) -> State:
        return State()

    def fault(self, state: State) -> str | None:
        if state.answered and "event" not in state.log:
            return "a command that was answered 2xx is not in the log"
        if "event" in state.log and state.crashes and state.failovers:
            place = state.log.index("event")
            if place not in state.waiting and place >= state.sent:
                return "an event is visible that the standby lacks"
        return None

    def fault_at_rest(self, state: State) -> str | None:
        answerable = state.requests < self._requests
        return "a command is never answered" if answerable and not state.answered else None

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        if state.sent < len(state.log):
            yield (
                "the standby receives a commit",
                state._replace(sent=state.sent + 1, waiting=state.waiting - {state.sent}),
            )
        if state.asked:
            yield from self._request(state)
        elif state.requests < self._requests and not state.answered:
            yield (
                "the client sends its command",
                state._replace(asked=True, requests=state.requests + 1),
            )
        if state.crashes:
            # Whoever waited for the standby waits no more: recovery makes every commit visible.
            yield (
                "the primary crashes and starts again",
                _given_up(state)._replace(crashes=state.crashes - 1, waiting=frozenset()),
            )
        if state.failovers:
            yield (
                f"the standby is promoted, with {state.sent} of {len(state.log)} commits",
                _given_up(state)._replace(
                    failovers=state.failovers - 1,
                    log=state.log[: state.sent],
                    waiting=frozenset(),
                ),
            )

    def _request(self, state: State) -> Iterator[tuple[str, State]]:
        recorded = state.log.index("event") if "event" in state.log else None
        if state.awaited is not None:
            if state.awaited in state.waiting:
                yield self._timeout(state, state.awaited)
            else:
                yield "the command is answered 2xx", _answered(state)
        elif recorded is None:
            yield "the event is inserted, and its commit waits", _committing(state, "event")
        elif recorded in state.waiting:
            # An earlier request's commit, whose key this one's insert waits for.
            yield "the request is given up, waiting for the earlier one", _given_up(state)
        elif self._rules.found_rows_are_confirmed:
            yield (
                "the event is found, and a commit to confirm it waits",
                _committing(state, "confirmation"),
            )
        else:
            yield "the event is found, and the command answered 2xx", _answered(state)

    def _timeout(self, state: State, place: int) -> tuple[str, State]:
        if self._rules.commits_are_never_cancelled:
            return "the request is given up, its connection with it", _given_up(state)
        return (
            "the request is given up, and its wait cancelled on the server",
            _given_up(state)._replace(waiting=state.waiting - {place}),
        )


def _committing(state: State, entry: str) -> State:
    place = len(state.log)
    return state._replace(log=(*state.log, entry), waiting=state.waiting | {place}, awaited=place)


def _given_up(state: State) -> State:
    return state._replace(asked=False, awaited=None)


def _answered(state: State) -> State:
    return _given_up(state)._replace(answered=True)
