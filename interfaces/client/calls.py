"""The public HTTP API as its clients here use it: one call, one reply."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

PREFIX = "/api/v1"
CODE = "/problems/"  # begins the type of every problem


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request: `path` is below /api/v1 and encoded, `body` becomes JSON."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer: `body` is decoded from JSON, names of `headers` are in lower case."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def good(self) -> bool:
        return self.status < 400


class Api(Protocol):
    """The API with the credential of one caller."""

    @property
    def session(self) -> str | None:
        """Return what tells the requests of one client from those of others, if anything does."""
        ...

    @property
    def position(self) -> int:
        """Return the highest position of the log that this caller has seen; 0: none."""
        ...

    async def ask(self, call: Call) -> Reply:
        """Send a request, and return the answer.

        Raises:
            CallRefused: nothing answers.
        """
        ...


class CallRefused(Exception):
    """The API refused a call; the message is the reason, `next_step` says what helps."""

    def __init__(self, code: str, reason: str, next_step: str) -> None:
        super().__init__(reason)
        self.code = code
        self.next_step = next_step


_NEXT = {
    "not-authenticated": "Ask the user for a valid personal access token.",
    "insufficient-scope": "Ask the user for a personal access token that has this scope.",
    "task-not-found": "Get the ids of tasks with find_tasks.",
    "task-deleted": "Bring the task back with reopen_tasks.",
    "task-is-deleted": "Bring the task back with reopen_tasks, then repeat.",
    "task-is-skipped": "Bring the occurrence back with reopen_tasks, then repeat.",
    "task-does-not-recur": "Give it a rule first: update_tasks with `repeat`.",
    "occurrence-is-over": "Find the open occurrence with find_tasks.",
    "conflict": "Repeat the call.",
    "cannot-undo": "Tell the user what happened since; keep_later undoes the rest.",
    "change-not-found": "Use an id from `changes` of an answer, or none for the latest change.",
    "request-in-flight": "Repeat the same call in a second.",
    "quota-exceeded": "Ask the user what may be deleted.",
    "unavailable": "Repeat the same call in some seconds.",
    "not-caught-up": "Repeat the same call in some seconds.",
    "event-unreadable": "Tell the user that the operator has to repair this task.",
    "internal": "Tell the user that Annals has an error, with the request id.",
}
_WAIT = frozenset(("too-many-requests", "too-many-connections", "day-quota-exceeded"))


def refusal(reply: Reply) -> CallRefused:
    """Return the problem of a reply as an error with the next step."""
    problem = reply.body if isinstance(reply.body, dict) else {}
    code = str(problem.get("type", "")).removeprefix(CODE) or f"http-{reply.status}"
    reason = str(problem.get("detail") or problem.get("title") or f"HTTP {reply.status}")
    if code in _WAIT:
        seconds = reply.headers.get("retry-after", "some")
        return CallRefused(code, reason, f"Wait {seconds} seconds, then repeat what failed.")
    return CallRefused(code, reason, _NEXT.get(code, "Correct the call as the error says."))
