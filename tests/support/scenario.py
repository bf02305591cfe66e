"""Given what happened, when someone asks, then this happens; so for commands, views and routes.

given(TaskCreated(...)).when(CompleteTask(task_id=TASK)).then(TaskCompleted())
given(TaskCreated(...)).projected(TaskList()).shows(TaskRow(...))
await given(TaskCreated(...)).asked("POST", "/tasks/…/complete", of=api, by=ada).answers(200)
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from application.command import Command, Context, States
from domain.aggregate import Aggregate, fold
from domain.errors import DomainError
from domain.events.recorded import AnyEvent, Recorded
from infrastructure.projecting import view_fold
from projections.view import View
from tests.support.facts import ADA, EIGHT, TASK, context, recorded

if TYPE_CHECKING:  # most scenarios need no web framework
    from tests.support.api import Api, Person

Facts = Mapping[UUID, Sequence[AnyEvent]]


def decision(command: Command[Any], state: Aggregate[Any], others: States, at: Context) -> Facts:
    """What the command records, stream by stream: the one place that knows how to ask it."""
    command.authorize(state, at)
    return command.decision(state, replace(at, related=others)).events


class Given:
    """What happened to one stream, all of it at eight unless it is said, and to others."""

    def __init__(self, *past: AnyEvent) -> None:
        self._past: list[tuple[datetime, AnyEvent]] = [(EIGHT, event) for event in past]
        self._others: dict[UUID, Given] = {}

    def and_at(self, moment: datetime, *past: AnyEvent) -> Given:
        """These happened to the same stream later."""
        self._past += [(moment, event) for event in past]
        return self

    def and_in(self, stream: UUID, *past: AnyEvent, at: datetime = EIGHT) -> Given:
        """These happened to another stream, after what is known of it."""
        self._others.setdefault(stream, given()).and_at(at, *past)
        return self

    def when(self, command: Command[Any], *, now: datetime = EIGHT, by: str = str(ADA)) -> When:
        """Somebody sends a command to the stream."""
        return When(self, command, context(actor=by, now=now))

    def projected(self, view: View[Any], *, stream: UUID = TASK) -> Projected:
        """A view folds all of it, the stream's own facts first."""
        return Projected(view, self.history(stream))

    def asked(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        of: Api,
        by: Person,
        stream: UUID = TASK,
        **headers: str,
    ) -> Asked:
        """Somebody sends a request to an API whose log has all of it."""
        return Asked(of, by, stream, self.history(stream), (method, path, body, headers))

    def history(self, stream: UUID) -> list[Recorded]:
        """All facts, the stream's own first."""
        facts = [
            recorded(event, version=version, stream=stream, at=moment)
            for version, (moment, event) in enumerate(self._past, start=1)
        ]
        for other, past in self._others.items():
            facts += past.history(other)
        return facts

    def state(self, blank: Aggregate[Any], stream: UUID) -> Aggregate[Any]:
        """What became of one stream, `blank` when nothing happened to it."""
        here = [fact for fact in self.history(stream) if fact.originator_id == stream]
        return fold(blank, here)

    def others(self, blanks: States) -> dict[UUID, Aggregate[Any]]:
        return {
            stream: self._others.get(stream, given()).state(blank, stream)
            for stream, blank in blanks.items()
        }


class When:
    """A command that is about to be decided."""

    def __init__(self, past: Given, command: Command[Any], context: Context) -> None:
        self._past, self._command, self._context = past, command, context

    def then(self, *expected: AnyEvent, also: Facts | None = None) -> None:
        """These are recorded, those of other streams as `also` says, and nothing else."""
        wanted = {self._command.stream_id: expected, **(also or {})}
        assert _without_empty(self._decide()) == _without_empty(wanted)

    def then_nothing(self) -> None:
        self.then()

    def then_refused(self, error: type[DomainError]) -> None:
        with pytest.raises(error):
            self._decide()

    def _decide(self) -> Facts:
        state = self._past.state(self._command.initial(), self._command.stream_id)
        others = self._past.others(self._command.related_streams(state))
        return decision(self._command, state, others, self._context)


class Projected:
    """The rows that a view makes of what happened."""

    def __init__(self, view: View[Any], facts: Sequence[Recorded]) -> None:
        heard = [fact for fact in facts if isinstance(fact.event, view.listens_to)]
        self._rows = view_fold.fold(view, {}, heard).upserts

    def shows(self, *rows: Any) -> None:
        """The view has exactly these rows, in the order in which they came."""
        assert list(self._rows) == list(rows)


class Asked:
    """A request; awaiting it sends it, and holds what is expected of the answer and the log."""

    def __init__(
        self,
        api: Api,
        person: Person,
        stream: UUID,
        past: Sequence[Recorded],
        request: tuple[str, str, Any, dict[str, str]],
    ) -> None:
        self._api, self._person, self._stream = api, person, stream
        self._past, self._request = past, request
        self._status = 200
        self._fields: dict[str, Any] = {}
        self._recorded: list[AnyEvent] | None = None

    def answers(self, status: int, /, **fields: Any) -> Asked:
        """The answer has this status, and a body with these fields among others."""
        self._status, self._fields = status, fields
        return self

    def records(self, *facts: AnyEvent) -> Asked:
        """These facts are new in the stream, and no others."""
        self._recorded = list(facts)
        return self

    def __await__(self) -> Generator[Any, None, None]:
        return self._send().__await__()

    async def _send(self) -> None:
        if self._past:
            await self._api.record(self._past)
        method, path, body, headers = self._request
        answer = await self._person.ask(method, path, body, **headers)
        assert answer.status_code == self._status, answer.text
        found = answer.json() if self._fields else {}
        assert {name: found.get(name) for name in self._fields} == self._fields
        if self._recorded is not None:
            before = sum(fact.originator_id == self._stream for fact in self._past)
            new = await self._api.recorded(self._stream, after=before)
            assert [fact.event for fact in new] == self._recorded


def _without_empty(facts: Facts) -> dict[UUID, list[AnyEvent]]:
    return {stream: list(events) for stream, events in facts.items() if events}


given = Given
