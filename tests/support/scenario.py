"""Given what happened, when someone asks, then this happens."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from application.command import Command, Decision
from domain.aggregate import Aggregate, fold
from domain.errors import DomainError
from domain.events.recorded import AnyEvent
from tests.support.facts import ADA, EIGHT, context, history


class Given:
    def __init__(self, *past: AnyEvent) -> None:
        self._past = past

    def when(self, command: Command[Any], *, now: datetime = EIGHT, by: str = str(ADA)) -> When:
        past = history(*self._past, stream=command.stream_id)
        return When(fold(command.initial(), past), command, now, by)


class When:
    def __init__(
        self, state: Aggregate[Any], command: Command[Any], now: datetime, by: str
    ) -> None:
        self._state, self._command = state, command
        self._context = context(actor=by, now=now)

    def then(self, *expected: AnyEvent) -> When:
        """The stream of the command gets exactly these events."""
        assert self._events(self._command.stream_id) == list(expected)
        return self

    def and_in(self, stream: UUID, *expected: AnyEvent) -> When:
        """Another stream gets exactly these events."""
        assert self._events(stream) == list(expected)
        return self

    def then_nothing(self) -> None:
        self.then()

    def then_refused(self, error: type[DomainError]) -> None:
        with pytest.raises(error):
            self._decision()

    def _events(self, stream: UUID) -> list[AnyEvent]:
        return list(self._decision().events.get(stream, ()))

    def _decision(self) -> Decision:
        self._command.authorize(self._state, self._context)
        return self._command.decision(self._state, self._context)


given = Given
